export { exportToMetal, type MetalExportOptions } from './export-to-metal.js'
export { MetalExportError, MetalUnavailableError } from './metal-errors.js'
export type { MetalExport } from './metal-export.js'
export { isMetalAvailable, type MetalDeviceInfo, type MetalSupport, metalSupport } from './metal-support.js'
