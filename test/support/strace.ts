import { runs } from './programs.js'

const COMMAND = ['strace', '-f', '-qq', '-o', '/dev/null']

/** Whether strace is there and may trace. */
export const STRACE = process.platform === 'linux' && runs(COMMAND[0]!, ...COMMAND.slice(1), 'true')

/**
 * The command (ChildOptions.wrapper) under which system calls on a file do not what they should:
 * `error=EIO`, `signal=KILL:when=2` (before it is made). Calls are counted in each thread for
 * itself. With --seccomp-bpf it would be faster, but strace 6.1 loses signals then.
 */
export function tampering(file: string, how: Readonly<Record<string, string>>): string[] {
  return [...COMMAND, '-P', file, ...injecting(how)]
}

/** The same for system calls that name no file, whoever makes them: Node.js does, too. */
export function tamperingWithAll(how: Readonly<Record<string, string>>): string[] {
  return [...COMMAND, ...injecting(how)]
}

function injecting(how: Readonly<Record<string, string>>): string[] {
  const injections = Object.entries(how).flatMap(([calls, what]) => ['-e', `inject=${calls}:${what}`])
  return ['-e', `trace=${Object.keys(how).join(',')}`, ...injections]
}
