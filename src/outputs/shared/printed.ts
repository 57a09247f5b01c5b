/**
 * JSON as Fluent Bit prints records for people: `{"a"=>"x", "b"=>[1, 2.500000, nil]}`. Text between quotes is not escaped,
 * numbers with a fraction or exponent have six decimals.
 */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|null|[,:]|\s+/g

/** `json` is valid JSON text. */
export function printed(json: string): string {
  return json.replace(TOKEN, printToken)
}

function printToken(token: string): string {
  const first = token[0]!
  if (first === '"') return token.includes('\\') ? `"${JSON.parse(token) as string}"` : token
  if (first === ',') return ', '
  if (first === ':') return '=>'
  if (first === 'n') return 'nil'
  if (token.trim() === '') return ''
  return /[.eE]/.test(token) ? Number(token).toFixed(6) : token
}
