/** The field whose text is taken apart into words, and scored. */
export const TEXT = 'text'

/** The field that tells documents apart; its value is one term. */
export const KEY = 'key'

/** What the index knows a word of a field by. */
export function termOf(field: string, word: string): string {
  return `${field}:${word}`
}

/** The words of a text, in lower case: runs of letters and digits, in pieces of at most 64. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{1,64}/gu) ?? []
}
