// What a system has that tests may need. Names of tests that are skipped where it is missing say so.

export const WINDOWS = process.platform === 'win32'
