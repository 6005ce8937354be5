/** What makes the files of a segment its own. */
export type SegmentName = Pick<SegmentInfo, 'name' | 'id'>

/** A segment: a small index that is written once and never changed. */
export interface SegmentInfo {
  /** `_N`, with which the names of its files begin. */
  readonly name: string
  /** 16 random bytes that all of its files have in their headers, so that no file can be taken for another's. */
  readonly id: Uint8Array
  /** Its documents are numbered from 0 to this one, which is out. */
  readonly maxDoc: number
  /** Words in all of its documents. */
  readonly length: number
}
