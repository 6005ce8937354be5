export { contentOf, difference, inputOf, pattern, write } from '../../src/testing/files.js'
