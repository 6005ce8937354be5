'use strict'

// Windows truncates no file that is mapped. Under wine, a program of the Unix beneath does, which is
// what a failing device looks like from above. Loaded where tests run on Windows: fs.truncateSync()
// becomes one that works on mapped files, too.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const { resolve } = require('node:path')

const { truncateSync } = fs

function truncateMapped(path, length = 0) {
  const prefix = process.env.WINEPREFIX
  if (prefix === undefined) return truncateSync(path, length)
  const [drive, rest] = resolve(path).split(/:(.*)/s)
  const unix = `${prefix}/dosdevices/${drive.toLowerCase()}:${rest.replaceAll('\\', '/')}`
  spawnSync('start.exe', ['/wait', '/unix', '/usr/bin/truncate', '-s', `${length}`, unix], {
    stdio: 'ignore',
  })
  for (let i = 0; fs.statSync(path).size !== length; i++) {
    if (i === 500) throw new Error(`not truncated: ${unix}`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  }
}

fs.truncateSync = truncateMapped
syncBuiltinESMExports()
