import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { DEBIAN_PLATFORMS, PLATFORMS } from '../../prebuilds/platforms.mjs'

const root = join(import.meta.dirname, '../..')
const textOf = (name: string) => readFileSync(join(root, name), 'utf8')

describe('package.json', () => {
  const manifest = JSON.parse(textOf('package.json'))

  it('has types first, and the same classes for import and require, in Node.js and in a bundle', () => {
    for (const name of ['.', './metal', './webgpu', './testing']) {
      for (const way of ['import', 'require']) {
        const conditions = Object.keys(manifest.exports[name][way])
        expect(conditions[0]).toBe('types')
        expect(conditions.at(-1)).toBe('default')
      }
    }
    const { files } = JSON.parse(textOf('tsconfig.bundlers.json')) as { files: string[] }
    for (const [name, folder] of [
      ['.', ''],
      ['./metal', 'metal/'],
      ['./webgpu', 'webgpu/'],
    ] as const) {
      const entry = manifest.exports[name]
      expect(entry.import.module).toBe(`./dist/esm/${folder}index.js`)
      expect(entry.require.module).toBe(entry.import.module)
      expect(files).toContain(`src/${folder}index.ts`)
      expect(textOf(`src/${folder}index.mts`)).toContain("export * from './index.js'")
    }
  })

  it('has npm compile nothing and run nothing at installation', () => {
    expect(manifest.gypfile).toBe(false)
    expect(manifest.files).not.toContain('binding.gyp')
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prebuild'])
      expect(manifest.scripts).not.toHaveProperty(script)
  })

  it('has no dependencies, and one version of what it is developed with', () => {
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies'])
      expect(manifest).not.toHaveProperty(kind)
    for (const version of Object.values(manifest.devDependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('has declarations that need none of @types/node', () => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const project = join(root, 'test/package/consumers/tsconfig.nodenext.json')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })

  it('keeps modules in bundles that set what others use', () => {
    const { sideEffects } = JSON.parse(textOf('src/package-bundlers.json')) as { sideEffects: string[] }
    const sources = sideEffects.map((name) => name.replace(/^\.\//, '').replace(/\.js$/, '.ts'))
    const setters = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.ts') && /^ {2}static \{$/m.test(textOf(`src/${name}`)))
    expect(sources).toEqual(expect.arrayContaining(setters))
    // Whoever takes a name from here has to get them, too.
    expect(sources).toContain('store/index.ts')
    for (const name of setters)
      expect(textOf('src/store/index.ts')).toContain(name.replace(/.*\/(.*)\.ts/, '$1.js'))
  })
})

describe('the workflows', () => {
  const names = readdirSync(join(root, '.github/workflows'))

  it.each(names)('%s names its actions by what they are, not by what they are called', (name) => {
    const used = [...textOf(`.github/workflows/${name}`).matchAll(/uses: (.*)/g)].map(([, action]) => action)
    expect(used.length).toBeGreaterThan(0)
    for (const action of used) expect(action).toMatch(/@[0-9a-f]{40} # v\d/)
  })

  it('build a binary for every platform', () => {
    const release = textOf('.github/workflows/release.yml')
    const elsewhere = Object.keys(PLATFORMS).filter((name) => !DEBIAN_PLATFORMS.includes(name))
    const built = [...release.matchAll(/platform: ([\w-]+) \}/g)].map(([, name]) => name)
    expect(built.sort()).toEqual(elsewhere.sort())
  })

  it('try what is published where it is to run, musl too, and publish only what a tag pushed', () => {
    const jobs = new Map(
      textOf('.github/workflows/release.yml')
        .split(/^ {2}(?=[\w-]+:$)/m)
        .map((job) => [job.slice(0, job.indexOf(':')), job]),
    )
    expect(jobs.get('publish')).toContain("if: github.event_name == 'push'")
    const tries = [...jobs.keys()].filter((name) => name.startsWith('try'))
    expect(jobs.get('publish')).toContain(`needs: [${tries.join(', ')}]`)
    for (const name of tries) expect(jobs.get(name)).toMatch(/needs: pack\n[^]*node use\.mjs[^]*suite\.mjs/)
    expect(jobs.get('try-musl')).toContain('-alpine')
    const [budget, packed, named] = ['-lt 1', 'run: npm pack', 'repository.url='].map((step) =>
      jobs.get('pack')!.indexOf(step),
    )
    expect(named).toBeGreaterThan(0)
    expect(packed).toBeGreaterThan(named!)
    expect(budget).toBeGreaterThan(packed!)
  })
})
