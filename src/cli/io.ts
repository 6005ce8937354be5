/** What a command may do to the outside: print. Commands never touch `process` themselves. */
export interface Io {
  /** Writes the command's result. Nothing else goes here, so that it can be piped. */
  readonly stdout: (text: string) => void
  /** Writes progress, warnings and errors. */
  readonly stderr: (text: string) => void
  /** Whether people are looking at stdout. */
  readonly isTTY: boolean
  /** Whether people are looking at stderr, where progress is shown. */
  readonly stderrIsTTY: boolean
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number
}

/** A command's module. `run` resolves to the exit code; it throws UsageError for bad arguments. */
export interface Command {
  readonly run: (args: string[], io: Io) => Promise<number>
}

/** What the process ends with. */
export const EXIT = Object.freeze({
  /** All good. */
  ok: 0,
  /** Something is damaged. */
  damaged: 1,
  /** Bad usage, or something could not be read. */
  trouble: 2,
})

/** The streams of this process. A reader that goes away (`| head`) ends the process quietly. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // What a shell reports for a program that SIGPIPE ended: Node ignores that signal.
      if (error.code === 'EPIPE') process.exit(141)
      // A full disk, say. There is nowhere else to tell it, if this was standard error.
      if (stream === process.stdout) process.stderr.write(`mmap-directory: ${error.message}\n`)
      process.exit(EXIT.trouble)
    })
  }
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTTY: process.stdout.isTTY ?? false,
    stderrIsTTY: process.stderr.isTTY ?? false,
    // Some terminals say 0 for not knowing.
    columns: process.stdout.columns || process.stderr.columns || 80,
  }
}
