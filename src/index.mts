// Node's ES modules get the classes of the CommonJS build: one set of them in a process, so that
// instanceof and the default lock factory mean the same whichever way the package was loaded.
export * from './index.js'
