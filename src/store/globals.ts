// What the declarations of this package use of libraries newer than es2022, and of Node.js: for programs
// that are compiled without esnext.disposable or @types/node. Where those are, these are the same once more.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol
  }
  interface Disposable {
    [Symbol.dispose](): void
  }
  interface AbortSignal {
    readonly aborted: boolean
  }
}

// oxlint-disable-next-line unicorn/require-module-specifiers -- what makes this a module
export {}
