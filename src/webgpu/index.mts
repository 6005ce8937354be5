// As for the main entry: ES modules get the classes of the CommonJS build.
export * from './index.js'
