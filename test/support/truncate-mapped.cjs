'use strict'

// Windows truncates no file that is mapped. Under wine, a program of the Unix beneath does
// (truncater.mjs, of which MMAP_DIRECTORY_TRUNCATER names the folder), which is what a failing device
// looks like from above. Node.js is told to load this first (NODE_OPTIONS), in workers and child
// processes, too: fs.truncateSync() becomes one that works on mapped files.

const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const { join, resolve } = require('node:path')
const { threadId } = require('node:worker_threads')

const { truncateSync } = fs
const folder = process.env.MMAP_DIRECTORY_TRUNCATER
let made = 0

function truncateMapped(path, length = 0) {
  try {
    return truncateSync(path, length)
  } catch (error) {
    if (folder === undefined || error.syscall !== 'ftruncate') throw error
  }
  const [drive, rest] = resolve(path).split(/:(.*)/s)
  const unixPath = `${process.env.WINEPREFIX}/dosdevices/${drive.toLowerCase()}:${rest.replaceAll('\\', '/')}`
  const request = join(folder, `${process.pid}-${threadId}-${made++}`)
  fs.writeFileSync(request, JSON.stringify({ unixPath, length }))
  for (let waited = 0; fs.existsSync(request); waited++) {
    if (waited === 20_000) throw new Error(`nobody truncates ${unixPath}`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  }
}

fs.truncateSync = truncateMapped
syncBuiltinESMExports()
