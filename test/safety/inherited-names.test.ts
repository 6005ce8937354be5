import { afterAll, describe, expect, it } from 'vitest'

import { nativeAddon } from '../../src/native.js'
import { THREADS } from '../support/child.js'
import { survives } from '../support/safety.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'

const path = temporaryDirectory()
afterAll(() => removeDirectory(path))

describe.each(THREADS)('getters on Object.prototype, %s, %s', (node, thread) => {
  it.each(['MMapDirectory', 'FSDirectory', 'ByteBuffersDirectory'])(
    'get no source and no sink to see: %s',
    async (type) => {
      expect(
        await survives(
          `
          const NAMES = [
            'read', 'view', 'windows', 'window', 'directLength', 'prefetch', 'isLoaded', 'load', 'share', 'fault',
            'advice', 'advise', 'loaded', 'mapped', 'mapFailure', 'length', 'close', 'write', 'exportChunks',
          ]
          const content = noise(100_000)
          const memory = '${type}' === 'ByteBuffersDirectory'
          const { windowPower } = require(dist + '/store/window-power.js')
          const options = { [windowPower]: 12 }
          const directory = memory ? new lib.ByteBuffersDirectory(options) : lib.${type}.open(dir, options)
          const name = 'traps' + process.pid
          const write = () => {
            const output = directory.createOutput(name)
            output.writeBytes(content)
            output.writeByte(1)
            output.close()
          }
          write()
          const seen = new Set()
          const keep = (self) => {
            if (typeof self !== 'object' || self === null || Array.isArray(self)) return
            const made = Object.getPrototypeOf(self)?.constructor?.name ?? ''
            if (/Source$|Sink$|^MemoryFile$|^Window$|^InputFamily$/.test(made)) seen.add(self)
          }
          for (const trap of NAMES) {
            Object.defineProperty(Object.prototype, trap, {
              configurable: true,
              get() { keep(this) },
              set(value) { Object.defineProperty(this, trap, { value, writable: true, enumerable: true, configurable: true }) },
            })
          }
          directory.deleteFile(name)
          write()
          const input = directory.openInput(name)
          const attempts = {
            bytes: () => (input.readBytes(new Uint8Array(70_000)), input.seek(4_090), input.readLong()),
            far: () => input.randomAccessSlice(0, 100_000).readBytes(5, new Uint8Array(80_000)),
            view: () => input.view(5, 10),
            prefetch: () => input.prefetch(0, 10),
            isLoaded: () => input.isLoaded(),
            advice: () => input.advice,
            advise: () => input.updateIOContext(lib.IOContext.READ),
            loaded: () => input.loaded,
            mapped: () => input.mapped,
            mapFailure: () => input.mapFailure,
            share: () => lib.attachInput(structuredClone(input.share())).close(),
            load: () => void input.load().catch(() => {}),
            fault: () => input.checkFault(),
            exportChunks: () => input.exportChunks().forEach((chunk) => chunk.release()),
          }
          for (const attempt of Object.values(attempts)) {
            try {
              attempt()
            } catch {}
          }
          for (const trap of NAMES) delete Object.prototype[trap]
          // What was caught is used: over a mapping, a write would end the process.
          for (const caught of seen) {
            const window = caught.bytes !== undefined ? caught : caught.mapped === true ? caught.window?.(0, 1) : undefined
            if (window !== undefined) window.bytes[0] = ~window.bytes[0]
          }
          input.seek(0)
          const caught = [...seen].map((self) => Object.getPrototypeOf(self).constructor.name)
          say({ caught, first: input.readByte() === content[0] })
          process.exit()`,
          { args: [path], node, thread },
        ),
      ).toEqual({ caught: [], first: true })
    },
  )

  it.each(['MMapDirectory', 'FSDirectory', 'ByteBuffersDirectory'])(
    'are not alone: nor does [Symbol.hasInstance] of a class: %s',
    async (type) => {
      expect(
        await survives(
          `
          const seen = new Set()
          const keep = (value) => {
            const made = Object.getPrototypeOf(value ?? 0)?.constructor?.name ?? ''
            // Those of some classes have no prototype.
            if (typeof value === 'object' && value !== null && /^(|Window|InputFamily|MemoryFile)$|Source$|Sink$/.test(made)) seen.add(value)
          }
          const content = noise(100_000)
          const directory = '${type}' === 'ByteBuffersDirectory' ? new lib.ByteBuffersDirectory() : lib.${type}.open(dir)
          const name = 'instances' + process.pid
          for (const exported of Object.values(lib)) {
            if (typeof exported !== 'function') continue
            const real = exported[Symbol.hasInstance]
            Object.defineProperty(exported, Symbol.hasInstance, {
              value(instance) { keep(instance); return Reflect.apply(real, this, [instance]) },
            })
          }
          const output = directory.createOutput(name)
          output.writeBytes(content)
          output.close()
          const input = directory.openInput(name)
          const said = outcome(() => (input.readLong(), input.readBytes(new Uint8Array(70_000)), input.view(5, 10).length))
          if ('${type}' !== 'ByteBuffersDirectory') lib.attachInput(structuredClone(input.share())).readByte()
          for (const caught of seen) {
            const window = caught.bytes !== undefined ? caught : caught.window?.(0, 1)
            if (window !== undefined) window.bytes[0] = ~window.bytes[0]
          }
          input.seek(0)
          say({ caught: seen.size, said, first: input.readByte() === content[0] })
          process.exit()`,
          { args: [path], node, thread },
        ),
      ).toEqual({ caught: 0, said: 10, first: true })
    },
  )

  it('are not alone: outputs and checksums hand their buffers to no patched method', async () => {
    expect(
      await survives(
        `
        const buffers = []
        const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) // its prototype object
        const restore = []
        for (const object of [TypedArray, DataView.prototype, ArrayBuffer.prototype]) {
          for (const key of Reflect.ownKeys(object)) {
            const property = Object.getOwnPropertyDescriptor(object, key)
            if (!property.configurable || key === 'constructor') continue
            const patched = { ...property }
            const note = (self) => { if (ArrayBuffer.isView(self)) buffers[buffers.length] = self }
            const { value, get } = property
            if (typeof value === 'function') patched.value = function (...args) { note(this); args.forEach(note); return Reflect.apply(value, this, args) }
            else if (get) patched.get = function () { note(this); return Reflect.apply(get, this, []) }
            else continue
            restore.push(() => Object.defineProperty(object, key, property))
            Object.defineProperty(object, key, patched)
          }
        }
        const directory = lib.FSDirectory.open(dir)
        const output = directory.createOutput('patched' + process.pid)
        output.writeByte(1)
        output.writeShort(1)
        output.writeInt(1)
        output.writeLong(1)
        output.writeFloat(1)
        output.writeDouble(1)
        output.writeVInt(300)
        output.getChecksum()
        for (let i = 0; i < 40_000; i++) output.writeByte(2)
        const sum = new lib.BufferedChecksum()
        sum.updateByte(1)
        sum.updateLong(5)
        sum.updateInt(5)
        sum.updateShort(5)
        sum.getValue()
        output.close()
        for (const back of restore) back()
        const caught = {}
        for (const array of buffers) if (array.byteLength === 32768 || array.byteLength === 1024) caught[array.constructor.name + array.byteLength] = 1
        say(Object.keys(caught))`,
        { args: [path], node, thread },
      ),
    ).toEqual([])
  })

  // The native part is loaded by the first opening. None of its functions, nor a buffer that one gives, is shown.
  it('see nothing of the native part, not while it is loaded either', async () => {
    const names = Object.keys(nativeAddon() ?? {})
    expect(names).toContain('pinChunk')
    const said = await survives(
      `
      const results = ['id', 'key', 'length', 'chunkPower', 'sideBySide', 'address', 'mappedAddress', 'mappedLength',
        'mappings', 'bytes', 'windows', 'limit', 'pins', 'faults', 'live', 'references', 'reason', 'name', 'errno',
        'syscall', '0', '1']
      const file = make(noise(100_000))
      const seen = new Set()
      for (const trap of [...${JSON.stringify(names)}, ...results]) {
        Object.defineProperty(Object.prototype, trap, {
          configurable: true,
          set(value) {
            if (${JSON.stringify(names)}.includes(trap) || new Error().stack.split('\\n')[2]?.includes('dist')) seen.add(trap)
            Object.defineProperty(this, trap, { value, writable: true, enumerable: true, configurable: true })
          },
        })
      }
      const input = lib.openFile(join(dir, file))
      const value = input.readInt()
      const chunks = input.exportChunks()
      const shared = input.share()
      const attached = lib.attachInput(shared)
      const stats = lib.mappingStats()
      for (const chunk of chunks) chunk.release()
      attached.close()
      input.close()
      for (const trap of [...${JSON.stringify(names)}, ...results]) delete Object.prototype[trap]
      say({ value, mappings: stats.mappings > 0, pins: lib.mappingStats().pins, seen: [...seen] })
      `,
      { args: [path], node, thread },
    )
    expect(said).toMatchObject({ mappings: true, pins: 0, seen: [] })
  })
})
