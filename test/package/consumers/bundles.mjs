// Bundles programs that use the installed package, runs them, and holds their sizes against a budget:
//
//   node bundles.mjs REPOSITORY        in a folder in which the package is installed
//
// REPOSITORY is where the bundlers are installed.
import assert from 'node:assert'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const require = createRequire(join(process.argv[2], 'package.json'))

/** Programs, what they print, and how many bytes they may have, minified. */
const PROGRAMS = {
  error: {
    source: `import { EndOfFileError } from 'mmap-directory'; console.log(new EndOfFileError('').code)`,
    prints: 'ERR_END_OF_FILE',
    budget: { esbuild: 1_000, webpack: 40_000 },
  },
  memory: {
    source: `import { ByteBuffersDirectory, IndexInput, IndexOutput } from 'mmap-directory'
      const output = new ByteBuffersDirectory().createOutput('name')
      output.writeByte(1)
      console.log(output.getFilePointer(), typeof IndexInput.from, typeof IndexOutput.from)`,
    prints: '1 function function',
    budget: { esbuild: 55_000, webpack: 55_000 },
  },
  mapped: {
    source: `import { openFile } from 'mmap-directory'; console.log(openFile(process.argv[2]).mapped)`,
    prints: 'true',
    budget: { esbuild: 80_000, webpack: 80_000 },
  },
  all: {
    source: `import * as all from 'mmap-directory'; console.log(all.openFile(process.argv[2]).mapped, Object.keys(all).length > 50)`,
    prints: 'true true',
    budget: { esbuild: 160_000, webpack: 160_000 },
  },
  gpu: {
    source: `import { openFile } from 'mmap-directory'
      import { exportToMetal, isMetalAvailable } from 'mmap-directory/metal'
      import { uploadToWebGPU } from 'mmap-directory/webgpu'
      const input = openFile(process.argv[2])
      const codeOf = async (run) => run().then(() => 'none', ({ code }) => code)
      Promise.all([codeOf(async () => exportToMetal(input)), codeOf(() => uploadToWebGPU(input, {}))]).then(
        ([metal, webgpu]) => console.log(metal === (isMetalAvailable() ? 'none' : 'ERR_METAL_UNAVAILABLE'), webgpu),
      )`,
    prints: 'true ERR_INVALID_ARG_TYPE',
    budget: { esbuild: 90_000, webpack: 90_000 },
  },
  required: {
    source: `const { openFile } = require('mmap-directory'); console.log(openFile(process.argv[2]).mapped)`,
    prints: 'true',
    budget: { esbuild: 160_000, webpack: 160_000 },
  },
}

const FORMATS = { esm: 'mjs', cjs: 'cjs' }
const folder = join(process.cwd(), 'bundles')
const entries = {}
mkdirSync(folder, { recursive: true })
for (const [name, { source }] of Object.entries(PROGRAMS)) {
  entries[name] = join(process.cwd(), `${name}.${source.startsWith('import') ? 'mjs' : 'cjs'}`)
  writeFileSync(entries[name], source)
}

async function esbuild(format) {
  const { warnings } = await require('esbuild').build({
    entryPoints: entries,
    outdir: folder,
    outExtension: { '.js': `.esbuild.${FORMATS[format]}` },
    format,
    platform: 'node',
    bundle: true,
    minify: true,
    logLevel: 'silent',
  })
  assert.deepStrictEqual(warnings, [])
}

async function webpack(format) {
  const module = format === 'esm'
  const compiler = require('webpack')({
    mode: 'production',
    target: 'node20',
    context: process.cwd(),
    entry: entries,
    experiments: { outputModule: module },
    output: {
      path: folder,
      filename: `[name].webpack.${FORMATS[format]}`,
      ...(module && { library: { type: 'module' }, chunkFormat: 'module' }),
    },
  })
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => compiler.close(() => (error ? reject(error) : resolve(result))))
  })
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
  assert.deepStrictEqual([...errors, ...warnings], [])
}

const sizes = {}
for (const [bundler, bundle] of Object.entries({ esbuild, webpack })) {
  for (const [format, extension] of Object.entries(FORMATS)) {
    await bundle(format)
    for (const [name, { prints, budget }] of Object.entries(PROGRAMS)) {
      const file = join(folder, `${name}.${bundler}.${extension}`)
      assert.strictEqual(run(file), prints, file)
      const { size } = statSync(file)
      assert(size <= budget[bundler], `${file} has ${size} bytes, and ${budget[bundler]} are in the budget`)
      sizes[name] = { ...sizes[name], [`${bundler}, ${format}`]: size }
    }
  }
}
for (const bundle of Object.keys(sizes.all)) {
  assert(sizes.memory[bundle] < sizes.mapped[bundle])
  assert(sizes.mapped[bundle] < sizes.all[bundle] * 0.7)
}
console.table(sizes)

// Where no node_modules is, the binary is found beside the bundle.
const alone = mkdtempSync(join(tmpdir(), 'mmap-directory-bundle-'))
try {
  for (const file of [
    'mapped.esbuild.mjs',
    'mapped.esbuild.cjs',
    'mapped.webpack.mjs',
    'mapped.webpack.cjs',
  ]) {
    cpSync(join('bundles', file), join(alone, file))
    assert.strictEqual(run(join(alone, file)), 'false')
  }
  cpSync('node_modules/mmap-directory/prebuilds', join(alone, 'prebuilds'), { recursive: true })
  for (const file of ['mapped.esbuild.mjs', 'mapped.esbuild.cjs', 'mapped.webpack.mjs', 'mapped.webpack.cjs'])
    assert.strictEqual(run(join(alone, file)), 'true', file)
  // An ES module does not know where it is: with a program elsewhere, it is found beside that.
  mkdirSync(join(alone, 'program/library'), { recursive: true })
  cpSync(join('bundles', 'mapped.esbuild.mjs'), join(alone, 'program/library/bundle.mjs'))
  const program = join(alone, 'program/main.mjs')
  writeFileSync(program, `import './library/bundle.mjs'`)
  renameSync(join(alone, 'prebuilds'), join(alone, 'program/library/prebuilds'))
  assert.strictEqual(run(program), 'false')
  renameSync(join(alone, 'program/library/prebuilds'), join(alone, 'program/prebuilds'))
  assert.strictEqual(run(program), 'true')
} finally {
  rmSync(alone, { recursive: true })
}

function run(file) {
  const options = { encoding: 'utf8', cwd: join(file, '..'), stdio: ['ignore', 'pipe', 'ignore'] }
  return execFileSync(process.execPath, [file, file], options).trim()
}
