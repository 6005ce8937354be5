#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { CorruptIndexError, StorageError } from '../store/errors.js'
import { printable } from './format.js'
import { type Command, EXIT, type Io, processIo } from './io.js'
import { UsageError } from './usage-error.js'

const COMMANDS = {
  ls: 'list the files of an index, what they hold and how large they are',
  verify: 'check every file of an index against its checksum',
  inspect: 'show how a file is mapped and how much of it is in memory',
  bench: 'measure how fast a file is read',
} as const

const HELP = `Usage: mmap-directory COMMAND [ARGUMENTS]

Looks at indexes as Lucene writes them, and at files that are mapped. Never changes anything.

Commands:
${Object.entries(COMMANDS)
  .map(([name, summary]) => `  ${name.padEnd(10)}${summary}`)
  .join('\n')}

Options:
  --help, -h      show this text, or that of a command: mmap-directory ls --help
  --version, -v   show the version
  --json          (of every command) print one JSON document

Exit codes:
  0  all good
  1  something is damaged
  2  the command line was not understood, or something could not be read
`

async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  try {
    if (name === 'help' && rest[0] !== undefined) return await main([rest[0], '--help'], io)
    if (name === '--help' || name === '-h' || name === 'help') {
      io.stdout(HELP)
      return EXIT.ok
    }
    if (name === '--version' || name === '-v') {
      io.stdout(`${packageVersion()}\n`)
      return EXIT.ok
    }
    if (name === undefined) throw new UsageError('a command is missing')
    if (!Object.hasOwn(COMMANDS, name)) {
      throw new UsageError(
        name.startsWith('-') ? `unknown option '${name}' before a command` : `unknown command '${name}'`,
      )
    }
    // Each command on its own: `ls` should not wait for the modules of `bench`.
    const command = (await import(`./${name}.js`)) as Command
    return await command.run(rest, io)
  } catch (error) {
    return complain(error, name, io)
  }
}

/** Prints an error that is no mistake of this program without its stack, and any other with it. */
function complain(error: unknown, command: string | undefined, io: Io): number {
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS_')) {
    const known = command !== undefined && Object.hasOwn(COMMANDS, command)
    const help = known ? `mmap-directory ${command} --help` : 'mmap-directory --help'
    io.stderr(`mmap-directory: ${printable(message)}\nTry: ${help}\n`)
    return EXIT.trouble
  }
  if (error instanceof StorageError || code === 'ERR_OUT_OF_RANGE' || code?.startsWith('ERR_INVALID_ARG_')) {
    io.stderr(`mmap-directory: ${printable(message)}\n`)
    return error instanceof CorruptIndexError ? EXIT.damaged : EXIT.trouble
  }
  io.stderr(`mmap-directory: ${stack ?? String(error)}\n`)
  return EXIT.trouble
}

function packageVersion(): string {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

// Not process.exit(): what is still on its way into a pipe would be lost.
void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code
})
