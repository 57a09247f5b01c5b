/**
 * What Fluent Bit 5.1.1 (Onigmo) captured, as recorded: pattern, texts, and for each text its named groups, or nothing
 * where the pattern did not match. Groups that took no part are empty.
 */
export type Captured = { readonly [group: string]: string } | undefined

export const recordedMatches: readonly (readonly [pattern: string, matches: readonly (readonly [text: string, captured: Captured])[]])[] = [
  ['(?<a>[[:alpha:]]+)', [
    ['1\u00e92', { a: '\u00e9' }],
    ['12', undefined],
    ['ab1', { a: 'ab' }]
  ]],
  ['(?<a>[[:^digit:]]+)', [
    ['12ab', { a: 'ab' }],
    ['99', undefined]
  ]],
  ['(?<a>[[:punct:]]+)', [
    ['a$+<=>^`|~b', { a: '$+<=>^`|~' }],
    ['a!?b', { a: '!?' }],
    ['a\u00abb', { a: '\u00ab' }]
  ]],
  ['(?<a>[[:word:]]+)', [
    ['-\u00e9_1-', { a: '\u00e9_1' }]
  ]],
  ['(?<a>\\w+)', [
    ['\u00e91a', { a: '1a' }],
    ['\u65e5\u672c', undefined]
  ]],
  ['(?<a>\\d+)', [
    ['\u06634', { a: '4' }]
  ]],
  ['a(?<a>\\s+)b', [
    ['a\u000bb', { a: '\u000b' }],
    ['a\u00a0b', undefined],
    ['a \tb', { a: ' \t' }]
  ]],
  ['a(?<a>[[:space:]]+)b', [
    ['a\u00a0b', { a: '\u00a0' }],
    ['a b', { a: ' ' }]
  ]],
  ['(?<a>\\h+)', [
    ['xyzbeef12g', { a: 'beef12' }]
  ]],
  ['(?<a>\\H+)', [
    ['abxyz', { a: 'xyz' }]
  ]],
  ['\\A(?<a>b.*)\\z', [
    ['bab', { a: 'bab' }],
    ['ab', undefined]
  ]],
  ['(?<a>b)\\Z', [
    ['ab', { a: 'b' }],
    ['ba', undefined]
  ]],
  ['a(?<a>\\R)b', [
    ['a\u000bb', { a: '\u000b' }],
    ['a\u0085b', { a: '\u0085' }],
    ['ab', undefined]
  ]],
  ['(?<a>a++)b', [
    ['aab', { a: 'aa' }],
    ['aaa', undefined]
  ]],
  ['(?<a>a*+)a', [
    ['aaa', undefined]
  ]],
  ['(?<a>(?>a|ab)c)', [
    ['abc', undefined],
    ['ac', { a: 'ac' }]
  ]],
  ['(?<a>a(?i)b|c)', [
    ['aB', { a: 'aB' }],
    ['aC', { a: 'aC' }],
    ['C', undefined],
    ['Ab', undefined]
  ]],
  ['(?<a>(?i:ab)c)', [
    ['ABc', { a: 'ABc' }],
    ['ABC', undefined]
  ]],
  ['(?m)(?<a>a.b)', [
    ['a\tb', { a: 'a\tb' }]
  ]],
  ['(?x) (?<a> a b # comment\n)', [
    ['ab', { a: 'ab' }]
  ]],
  ['(?<a>\\w+)(?=;)', [
    ['abc;', { a: 'abc' }],
    ['abc', undefined]
  ]],
  ['^(?!DEBUG)(?<a>.*)$', [
    ['DEBUG x', undefined],
    ['INFO x', { a: 'INFO x' }],
    ['\u00e9', { a: '\u00e9' }]
  ]],
  ['(?<=id=)(?<a>\\d+)', [
    ['id=42', { a: '42' }],
    ['x=42', undefined]
  ]],
  ['(?<!a)(?<a>b)', [
    ['ab', undefined],
    ['cb', { a: 'b' }]
  ]],
  ['(?<a>\\w)\\k<a>', [
    ['abccd', { a: 'c' }],
    ['abc', undefined]
  ]],
  ['^(?<a>a{,2})$', [
    ['aa', { a: 'aa' }],
    ['aaa', undefined],
    ['', { a: '' }]
  ]],
  ['^(?<a>a{2}?)b', [
    ['aab', { a: 'aa' }],
    ['b', { a: '' }]
  ]],
  ['(?<a>a{x})', [
    ['a{x}', { a: 'a{x}' }]
  ]],
  ['(?<a>[a-z&&[^aeiou]]+)', [
    ['aebcd', { a: 'bcd' }]
  ]],
  ['(?<a>[a[bc]]+)', [
    ['xabc', { a: 'abc' }]
  ]],
  ['(?<a>[]a]+)', [
    ['x]a]', { a: ']a]' }]
  ]],
  ['(?<a>[a-]+)', [
    ['b-a-', { a: '-a-' }]
  ]],
  ['\\b(?<a>\\w+)\\b', [
    ['\u00e9a b', { a: 'b' }],
    ['a-b', { a: 'a' }]
  ]],
  ['(?<a>a)\\b', [
    ['a\u00e9', undefined],
    ['a \u00e9', { a: 'a' }]
  ]],
  ['(x)(?<a>y)', [
    ['xy', { a: 'y' }]
  ]],
  ['(x)(y)', [
    ['xy', undefined]
  ]],
  ['xy', [
    ['xy', undefined]
  ]],
  ['^(?<a>a)?(?<b>b)$', [
    ['b', { a: '', b: 'b' }],
    ['ab', { a: 'a', b: 'b' }]
  ]],
  ['(?<a>zz)?', [
    ['b', undefined]
  ]],
  ['(?<a>.*?),(?<b>.*)', [
    ['1,2,3', { a: '1', b: '2,3' }]
  ]],
  ['/(?<a>\u00c9T\u00c9)/i', [
    ['\u00e9t\u00e9', { a: '\u00e9t\u00e9' }],
    ['\u00c9T\u00c9', { a: '\u00c9T\u00c9' }]
  ]],
  ['/(?<a>abc)/i', [
    ['xABC', { a: 'ABC' }]
  ]],
  ['/(?<a>abc)/o', [
    ['abc', undefined],
    ['/abc/o', { a: 'abc' }]
  ]],
  ['/var/(?<a>\\w+)/log', [
    ['/var/x/log', { a: 'x' }]
  ]],
  ['^(?<a>.)(?<b>.)$', [
    ['\ud83d\ude00x', { a: '\ud83d\ude00', b: 'x' }],
    ['xy', { a: 'x', b: 'y' }],
    ['\u00e9\u65e5', { a: '\u00e9', b: '\u65e5' }]
  ]],
  ['^(?<a>[^x]{2})x', [
    ['\ud83d\ude00\u00e9x', { a: '\ud83d\ude00\u00e9' }],
    ['aax', { a: 'aa' }]
  ]],
  ['(?<a>\\x41\\x{42})', [
    ['AB', { a: 'AB' }]
  ]],
  ['(?<a>\\u00e9+)', [
    ['\u00e9\u00e9', { a: '\u00e9\u00e9' }]
  ]],
  ['(?<a>\\p{Lu}+)', [
    ['a\u00c9B', { a: '\u00c9B' }]
  ]],
  ['(?<a>\\p{^Alpha}+)', [
    ['a12b', { a: '12' }]
  ]],
  ['(?<a>[\\t\\e]+)', [
    ['a\tb', { a: '\t' }]
  ]],
  ['(?<a>a$)', [
    ['a', { a: 'a' }],
    ['ab', undefined]
  ]],
  ['^(?<a>x)|(?<b>y)$', [
    ['xz', { a: 'x', b: '' }],
    ['zy', { a: '', b: 'y' }]
  ]],
  ['^(?<a>(?:\\d{1,3}\\.){3}\\d{1,3}) ', [
    ['10.0.0.1 x', { a: '10.0.0.1' }],
    ['10.0.0 x', undefined]
  ]],
  ['^(?<a>(?:ab|cd)*)(?<b>.*)$', [
    ['ababcde', { a: 'ababcd', b: 'e' }]
  ]],
  ['(?<a>\\101)', [
    ['A', { a: 'A' }]
  ]],
  ['/(?<a>s+)/i', [
    ['\u017f', { a: '\u017f' }]
  ]],
  ['(?<a>(?:a{2}){2})', [
    ['aaaaa', { a: 'aaaa' }]
  ]],
  ['(?<a>a{2}+)b', [
    ['aaaab', { a: 'aaaa' }],
    ['aaab', { a: 'aa' }]
  ]],
  ['^(?<a>a|)b', [
    ['b', { a: '' }],
    ['ab', { a: 'a' }]
  ]],
  ['"(?<a>[^"]*)"(?: "(?<b>[^"]*)")?', [
    ['"a" "b"', { a: 'a', b: 'b' }],
    ['"a"', { a: 'a', b: '' }]
  ]]
]
