import { join } from 'node:path'

/** The compiled library, for the processes and threads that tests start. */
export const LIBRARY = join(__dirname, '..', '..', 'dist', 'index.js')
