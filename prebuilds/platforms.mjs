/** The oldest libraries that a binary may ask for: those of the oldest systems that Node.js 20 runs on. */
export const LIBRARY_FLOOR = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '8.0.0' } // Debian 10, RHEL 8

/**
 * How the binary for each platform is made where. `cross` is what replaces the system's own tools on
 * another system, or a command that leaves the binary at `output`, where prebuildify cannot cross; a platform
 * without it is built on a machine of its kind. `packages` are Debian's. `floor` bounds
 * the libraries that the binary asks for.
 */
export const PLATFORMS = {
  'linux-x64': {
    binary: 'linux-x64/mmap-directory.glibc.node',
    floor: LIBRARY_FLOOR,
  },
  'linux-arm64': {
    binary: 'linux-arm64/mmap-directory.glibc.node',
    floor: LIBRARY_FLOOR,
    cross: {
      host: 'linux-x64',
      tools: {
        CC: 'aarch64-linux-gnu-gcc',
        CXX: 'aarch64-linux-gnu-g++',
        LINK: 'aarch64-linux-gnu-g++',
        AR: 'aarch64-linux-gnu-ar',
        STRIP: 'aarch64-linux-gnu-strip',
        OBJDUMP: 'aarch64-linux-gnu-objdump',
      },
      packages: ['g++-aarch64-linux-gnu'],
    },
  },
  'win32-x64': {
    binary: 'win32-x64/mmap-directory.node',
    cross: {
      host: 'linux-x64',
      tools: { CXX: 'x86_64-w64-mingw32-g++-posix' },
      command: ['native/windows/cross-build/run', 'node_modules/node-api-headers'],
      output: 'prebuilds/win32-x64/mmap-directory.node',
      packages: ['g++-mingw-w64-x86-64-posix'],
    },
  },
  'linux-x64-musl': { binary: 'linux-x64/mmap-directory.musl.node' },
  'linux-arm64-musl': { binary: 'linux-arm64/mmap-directory.musl.node' },
  'darwin-x64': { binary: 'darwin-x64/mmap-directory.node' },
  'darwin-arm64': { binary: 'darwin-arm64/mmap-directory.node' },
}

/** What Debian 12 on x64 makes, and the manifest in the repository describes. */
export const DEBIAN_PLATFORMS = ['linux-x64', 'linux-arm64', 'win32-x64']

/** The platform of this process. */
export function thisPlatform() {
  const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
  return `${process.platform}-${process.arch}${musl ? '-musl' : ''}`
}
