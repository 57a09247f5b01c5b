/** Backslash escapes as Fluent Bit's decoders undo them. */

const SIMPLE: { readonly [letter: string]: string } = { n: '\n', a: '\x07', b: '\b', t: '\t', v: '\v', f: '\f', r: '\r', '\\': '\\' }
const QUOTED: { readonly [letter: string]: string } = {
  n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"', 0: '\0', Z: '\x1a'
}
const MARKS = `"'\\/`

/** Decoder `escaped`: C's letters; before any other character the backslash goes. */
export function unescape(text: string): string {
  return text.replace(/\\([^]?)/g, (_, letter: string) => SIMPLE[letter] ?? letter)
}

/** Decoder `mysql_quoted`: takes quotes off and undoes their escapes; text without quotes stays. */
export function unquoteMysql(text: string): string {
  const quote = text[0]
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text[text.length - 1] !== quote) return text
  return text.slice(1, -1).replace(/\\([^])/g, (whole, letter: string) => QUOTED[letter] ?? whole)
}

/** Decoder `escaped_utf8` and values of logfmt: C's letters, octal, \xHH, \uHHHH with pairs, \UHHHHHHHH. */
export function unescapeUtf8(text: string): string {
  return text.replace(
    /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([^]))/g,
    (_, octal?: string, hex?: string, high?: string, low?: string, unit?: string, point?: string, letter?: string) => {
      if (octal !== undefined) return character(parseInt(octal, 8))
      if (hex !== undefined) return character(parseInt(hex, 16))
      if (high !== undefined) return String.fromCharCode(parseInt(high, 16), parseInt(low!, 16))
      if (unit !== undefined) return unit.length === 4 ? character(parseInt(unit, 16)) : '\ufffd'
      if (point !== undefined) return character(parseInt(point, 16))
      return MARKS.includes(letter!) ? letter! : SIMPLE[letter!] ?? letter!
    }
  )
}

function character(code: number): string {
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code)
}
