import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { checkObject, checkOptions, checkString, invalidType, outOfRange } from '../../store/arguments.js'
import { Directory } from '../../store/directory.js'
import { StorageError } from '../../store/errors.js'
import type { Lock } from '../../store/lock.js'
import { ACQUIRED, MOST_CLIENTS, RELEASED, START } from './lock-messages.js'

export interface VerifyingLockOptions {
  /** Tells this client from the others of a server: 0 to 255. */
  readonly id: number
  /** The server's; by default 127.0.0.1. */
  readonly host?: string
  readonly port: number
}

/**
 * Takes locks of a directory and has a LockVerifyServer watch over them: see there. Lucene's
 * VerifyingLockFactory waits for the server's answer in the middle of obtainLock(); a thread with an
 * event loop awaits it, so that this is a client with asynchronous methods and no LockFactory.
 */
export class VerifyingLockFactory {
  readonly #socket: Socket
  #failure: StorageError | undefined
  #last: Promise<void> = Promise.resolve() // what was said before, and answered
  #waiting: { expected: number; resolve: () => void; reject: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', ([byte]) => {
      if (byte === this.#waiting?.expected) this.#waiting!.resolve()
      else this.#fail(`the server said ${byte}`)
    })
    socket.on('error', (error) => this.#fail(error.message))
    socket.on('close', () => this.#fail('the server has closed the connection: ask there what it has seen'))
  }

  /**
   * Connects, and resolves when all clients of the server are there. Rejected with what connecting fails
   * with (ECONNREFUSED, say), with a StorageError, ERR_LOCK_VERIFICATION, where the server turns it away.
   */
  static async connect(options: VerifyingLockOptions): Promise<VerifyingLockFactory> {
    checkOptions('VerifyingLockFactory', options, ['id', 'host', 'port'])
    const { id, host = '127.0.0.1', port } = options
    if (!(Number.isInteger(id) && id >= 0 && id <= MOST_CLIENTS)) {
      throw outOfRange('option id', `a whole number from 0 to ${MOST_CLIENTS}`, id)
    }
    checkString('option host', host)
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    const factory = new VerifyingLockFactory(socket)
    await factory.#say(id, START)
    return factory
  }

  /**
   * Takes the lock at once and resolves when the server has noted it. Rejected with
   * LockObtainFailedError where someone else has it, with a StorageError, ERR_LOCK_VERIFICATION, where
   * the server does not agree.
   */
  async obtainLock(directory: Directory, name: string): Promise<VerifiedLock> {
    if (!(directory instanceof Directory)) throw invalidType('directory', 'a Directory', directory)
    const lock = directory.obtainLock(name)
    try {
      await this.#say(ACQUIRED, ACQUIRED)
    } catch (error) {
      lock.close()
      throw error
    }
    return new VerifiedLock(lock, () => this.#say(RELEASED, RELEASED))
  }

  /** Ends the connection. A lock that is held by then is a failure, to the server. */
  close(): void {
    this.#failure ??= failure('was closed')
    this.#socket.end()
  }

  /** One after the other: an answer does not say to what. */
  #say(byte: number, expected: number): Promise<void> {
    const answered = this.#last.then(() => this.#exchange(byte, expected))
    this.#last = answered.catch(() => {}) // whoever said it is told
    return answered
  }

  #exchange(byte: number, expected: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting = { expected, resolve, reject }
      this.#socket.write(Uint8Array.of(byte))
    })
  }

  #fail(what: string): void {
    this.#failure ??= failure(what)
    this.#waiting?.reject(this.#failure)
    this.#socket.destroy()
  }
}

/** A lock that a server has noted. */
export class VerifiedLock {
  readonly lock: Lock
  readonly #say: () => Promise<void>

  constructor(lock: Lock, say: () => Promise<void>) {
    checkObject('lock', lock)
    this.lock = lock
    this.#say = say
  }

  /** Tells the server, and releases the lock after that: nobody can have it sooner than the server knows. */
  async release(): Promise<void> {
    try {
      this.lock.ensureValid()
      await this.#say()
    } finally {
      this.lock.close()
    }
  }
}

function failure(what: string): StorageError {
  return new StorageError('ERR_LOCK_VERIFICATION', `VerifyingLockFactory: ${what}`)
}
