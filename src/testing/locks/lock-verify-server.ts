import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import { checkOptions, checkString, outOfRange } from '../../store/arguments.js'
import { StorageError } from '../../store/errors.js'
import { ACQUIRED, MOST_CLIENTS, RELEASED, START } from './lock-messages.js'

export interface LockVerifyServerOptions {
  /**
   * How many clients there will be, 1 to 255: they begin when all of them are there. Who comes later is
   * turned away; who leaves before that may be replaced.
   */
  readonly clients: number
  /** Where to listen; by default 127.0.0.1, which only this machine reaches. */
  readonly host?: string
  /** By default one that is free. */
  readonly port?: number
}

/**
 * Watches over a lock that several processes take in turn, on one machine or on several: each tells
 * it when it has the lock and before it lets go, and no two may have it at a time. The one to
 * ask whether the locks of a (network) file system are any good. Lucene's of the same name: a client of
 * Lucene's, org.apache.lucene.store.LockStressTest, speaks the same bytes.
 */
export class LockVerifyServer {
  readonly port: number
  /**
   * Resolves with how often the lock was taken when all clients have ended; rejected with a
   * StorageError, ERR_LOCK_NOT_EXCLUSIVE, as soon as two have the lock, one releases what it has not,
   * or one ends with it.
   */
  readonly finished: Promise<number>
  readonly #server: Server
  readonly #sockets = new Map<Socket, number | undefined>()
  readonly #clients: number
  #begun = false
  #holder: Socket | undefined
  #acquired = 0
  #resolve!: (acquired: number) => void
  #reject!: (error: Error) => void

  private constructor(server: Server, clients: number) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    this.#clients = clients
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.finished.catch(() => {}) // whoever cares awaits it
    server.on('connection', (socket) => this.#welcome(socket))
  }

  /** Rejected with what listening fails with. Throws a TypeError or RangeError for a bad option. */
  static async listen(options: LockVerifyServerOptions): Promise<LockVerifyServer> {
    checkOptions('LockVerifyServer', options, ['clients', 'host', 'port'])
    const { clients, host = '127.0.0.1', port = 0 } = options
    if (!(Number.isInteger(clients) && clients >= 1 && clients <= MOST_CLIENTS)) {
      throw outOfRange('option clients', `a whole number from 1 to ${MOST_CLIENTS}`, clients)
    }
    checkString('option host', host)
    const server = createServer()
    server.listen(port, host)
    await once(server, 'listening')
    return new LockVerifyServer(server, clients)
  }

  /** Ends it, and the clients' connections. */
  close(): void {
    this.#fail('was closed before all clients had ended')
  }

  #welcome(socket: Socket): void {
    if (this.#begun) {
      socket.destroy()
      return
    }
    this.#sockets.set(socket, undefined)
    socket.setNoDelay(true)
    socket.on('data', (bytes) => {
      for (const byte of bytes) this.#hear(socket, byte)
    })
    socket.on('error', () => {}) // 'close' comes after it
    socket.on('close', () => this.#part(socket))
  }

  #hear(socket: Socket, byte: number): void {
    const id = this.#sockets.get(socket)
    if (id === undefined) {
      this.#sockets.set(socket, byte)
      this.#beginWithAll()
      return
    }
    if (!this.#begun) {
      this.#fail(`client ${id} said ${byte} before all clients were there`)
      return
    }
    if (byte === ACQUIRED) {
      if (this.#holder !== undefined) {
        this.#fail(`client ${id} got the lock while client ${this.#sockets.get(this.#holder)} has it`)
        return
      }
      this.#holder = socket
      this.#acquired++
    } else if (byte === RELEASED) {
      if (this.#holder !== socket) {
        const holder = this.#holder === undefined ? 'nobody' : `client ${this.#sockets.get(this.#holder)}`
        this.#fail(`client ${id} released the lock, which ${holder} has`)
        return
      }
      this.#holder = undefined
    } else {
      this.#fail(`client ${id} said ${byte}, which means nothing`)
      return
    }
    socket.write(Uint8Array.of(byte))
  }

  #beginWithAll(): void {
    const clients = [...this.#sockets].filter(([, id]) => id !== undefined)
    if (clients.length < this.#clients) return
    this.#begun = true
    for (const [socket, id] of this.#sockets) {
      if (id === undefined) socket.destroy()
      else socket.write(Uint8Array.of(START))
    }
  }

  #part(socket: Socket): void {
    const id = this.#sockets.get(socket)
    const held = this.#holder === socket
    this.#sockets.delete(socket)
    if (!this.#begun || id === undefined) return
    if (held) this.#fail(`client ${id} has ended with the lock`)
    else if ([...this.#sockets.values()].every((other) => other === undefined)) {
      this.#server.close()
      this.#resolve(this.#acquired)
    }
  }

  #fail(what: string): void {
    this.#reject(new StorageError('ERR_LOCK_NOT_EXCLUSIVE', `LockVerifyServer: ${what}`))
    this.#server.close()
    for (const socket of this.#sockets.keys()) socket.destroy()
  }
}
