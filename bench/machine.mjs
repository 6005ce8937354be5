// The machine and the programs that a result comes from.
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

export function machine() {
  const all = cpus()
  return {
    cpu: all[0]?.model,
    cores: all.length,
    memory: totalmem(),
    platform: process.platform,
    arch: process.arch,
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    /** Of one minute, when the run began: how much else the machine had to do. */
    load: loadavg()[0],
    version: JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version,
  }
}

export function machineLine({ cpu, cores, memory, platform, arch, kernel, node, load }) {
  const gigabytes = (memory / 2 ** 30).toFixed(0)
  return `Node ${node}, ${platform} ${arch} ${kernel}, ${cpu} × ${cores}, ${gigabytes} GiB, load ${load.toFixed(1)} at the start`
}
