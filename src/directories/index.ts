export { FilterDirectory } from './filter-directory.js'
export { FilterIndexInput } from './filter-index-input.js'
export { FilterIndexOutput } from './filter-index-output.js'
