import { spawnSync } from 'node:child_process'

/** Whether a program is there and runs. */
export function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
