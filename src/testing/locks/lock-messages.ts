// What goes between a LockVerifyServer and its clients: bytes, the same as of Lucene's LockVerifyServer
// and LockStressTest. A client begins with its number; the server sends START when all are there. From
// then on a client says what it does, and hears the same byte as soon as the server has noted it.

export const RELEASED = 0
export const ACQUIRED = 1
export const START = 43

/** Numbers that clients may have. */
export const MOST_CLIENTS = 255
