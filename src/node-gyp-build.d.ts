declare module 'node-gyp-build' {
  /** Loads the native build of the package in `directory`. */
  export default function nodeGypBuild(directory: string): unknown
}
