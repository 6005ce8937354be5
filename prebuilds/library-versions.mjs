import { execFileSync } from 'node:child_process'

/** The newest version of each library that a Linux binary asks for. */
export function newestVersions(objdump, binary) {
  const listed = execFileSync(objdump, ['-T', binary], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return versionsIn(listed)
}

/** The same of what `objdump -T` prints. */
export function versionsIn(listed) {
  const found = {}
  for (const [, library, version] of listed.matchAll(/\(?\b(GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+|[A-Z]\w*)/g)) {
    if (found[library] === undefined || compareVersions(version, found[library]) > 0) found[library] = version
  }
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** What of `versions` is newer than `floor` has. */
export function librariesBeyond(versions, floor) {
  return Object.entries(versions)
    .filter(([library, version]) => compareVersions(version, floor[library]) > 0)
    .map(([library, version]) => `${library}_${version} (no newer than ${floor[library]})`)
}

/** Names such as PRIVATE count as newer than any number: nobody promises them. */
function compareVersions(one, other) {
  const [left, right] = [one, other].map((version) =>
    version.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : Infinity)),
  )
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
