import {
  CodecUtil,
  CompoundDirectory,
  type Directory,
  type LuceneVersion,
  readSegmentInfo,
  readSegmentInfos,
  type SegmentInfo,
  writeCompoundFile,
} from '../../src/index.js'

/** Copies every file of a directory into another one. */
export function copyAll(from: Directory, to: Directory): void {
  for (const name of from.listAll()) to.copyFrom(from, name, name)
}

/** Puts the files of each segment into a compound file and removes them. */
export function pack(directory: Directory): void {
  for (const { name, id } of readSegmentInfos(directory).segments) {
    const info = readSegmentInfo(directory, name, id)
    const files = [...info.files].filter((file) => file !== `${name}.si`)
    writeCompoundFile(directory, { ...info, files })
    for (const file of files) directory.deleteFile(file)
    replaceSegmentInfo(directory, info, true, [`${name}.cfe`, `${name}.si`, `${name}.cfs`])
  }
}

/** Takes the files of each segment out of its compound file and removes that. */
export function unpack(directory: Directory, filesOf: (segmentName: string) => Iterable<string>): void {
  for (const { name, id } of readSegmentInfos(directory).segments) {
    const info = readSegmentInfo(directory, name, id)
    const compound = CompoundDirectory.open(directory, name, { id })
    copyAll(compound, directory)
    compound.close()
    directory.deleteFile(`${name}.cfs`)
    directory.deleteFile(`${name}.cfe`)
    replaceSegmentInfo(directory, info, false, filesOf(name))
  }
}

/** Writes a segment's `.si` anew, which says whether it is compound and which files it has. */
function replaceSegmentInfo(
  directory: Directory,
  info: SegmentInfo,
  isCompound: boolean,
  files: Iterable<string>,
): void {
  const name = `${info.name}.si`
  directory.deleteFile(name)
  using output = directory.createOutput(name)
  const writeVersion = ({ major, minor, bugfix }: LuceneVersion): void => {
    for (const part of [major, minor, bugfix]) output.writeInt(part)
  }
  CodecUtil.writeIndexHeader(output, 'Lucene90SegmentInfo', 0, info.id, '')
  writeVersion(info.version)
  output.writeByte(info.minVersion === undefined ? 0 : 1)
  if (info.minVersion !== undefined) writeVersion(info.minVersion)
  output.writeInt(info.maxDoc)
  output.writeByte(isCompound ? 1 : -1)
  output.writeByte(info.hasBlocks === true ? 1 : -1)
  output.writeMapOfStrings(info.diagnostics)
  output.writeSetOfStrings(new Set(files))
  output.writeMapOfStrings(info.attributes)
  output.writeVInt(0) // no fields that it is sorted by
  CodecUtil.writeFooter(output)
}
