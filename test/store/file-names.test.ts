import { describe, expect, it } from 'vitest'

import { checkFileName, InvalidFileNameError } from '../../src/index.js'
import { thrownBy } from '../support/outcomes.js'

describe('checkFileName()', () => {
  it.each([
    '_0.cfs',
    'segments_1',
    'write.lock',
    '.hidden',
    'a b',
    'con1',
    'console',
    'icon',
    'com',
    'comx',
    'a.con',
    'lpt',
    'lptq.txt',
    'conin',
    'nul_',
    '\u{1f600}',
  ])('takes %s', (name) => {
    expect(() => checkFileName(name)).not.toThrow()
  })

  it.each([
    ['', '"" is empty'],
    ['.', '"." is a directory'],
    ['..', '".." is a directory'],
    ['a/b', '"a/b" has a separator'],
    ['a\\b', '"a\\\\b" has a separator'],
    ['a:b', '"a:b" has a colon'],
    ['a\0b', '"a\\u0000b" has a NUL'],
    ['a.', '"a." ends with a dot or a space'],
    ['a ', '"a " ends with a dot or a space'],
    ['con', '"con" is the name of a device on Windows'],
    ['CON.txt', '"CON.txt" is the name of a device on Windows'],
    ['prn .x', '"prn .x" is the name of a device on Windows'],
    ['nul  .x.y', '"nul  .x.y" is the name of a device on Windows'],
    ['aux', '"aux" is the name of a device on Windows'],
    ['conin$', '"conin$" is the name of a device on Windows'],
    ['CONOUT$.x', '"CONOUT$.x" is the name of a device on Windows'],
    ['com0', '"com0" is the name of a device on Windows'],
    ['COM9.log', '"COM9.log" is the name of a device on Windows'],
    ['com¹', '"com¹" is the name of a device on Windows'],
    ['lpt1', '"lpt1" is the name of a device on Windows'],
    ['LPT³.x', '"LPT³.x" is the name of a device on Windows'],
    ['a\ud800', '"a\\ud800" has half of a surrogate pair'],
  ])('refuses %j', (name, complaint) => {
    const error = expect.objectContaining({
      name: 'InvalidFileNameError',
      path: name,
      message: `Not a file name: ${complaint}`,
    })
    expect(() => checkFileName(name)).toThrow(error)
  })

  it('refuses what is no string, and has no path for it', () => {
    const error = thrownBy(() => checkFileName(5 as never))
    expect(error).toBeInstanceOf(InvalidFileNameError)
    expect(error).toMatchObject({ message: 'Not a file name: number is not a string', path: undefined })
  })
})
