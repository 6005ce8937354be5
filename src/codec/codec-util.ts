/** Lucene's CodecUtil: headers and footers. */
export { readBEInt, readBELong, writeBEInt, writeBELong } from './big-endian.js'
export { checksumEntireFile, checksumEntireFileAsync } from './checksum-entire-file.js'
export { CODEC_MAGIC, FOOTER_MAGIC } from './codec-magic.js'
export {
  checkFooter,
  footerLength,
  readCRC,
  readFooter,
  retrieveChecksum,
  writeCRC,
  writeFooter,
} from './footer.js'
export { checkHeader, checkHeaderNoMagic, headerLength, writeHeader } from './header.js'
export {
  checkIndexHeader,
  checkIndexHeaderID,
  checkIndexHeaderSuffix,
  indexHeaderLength,
  readIndexHeader,
  verifyAndCopyIndexHeader,
  writeIndexHeader,
} from './index-header.js'
export { readToFooter } from './read-to-footer.js'
export { ID_LENGTH } from './segment-id.js'
