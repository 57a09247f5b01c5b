/**
 * Every message that Fantail says when something is wrong, under its code. A message is a template: `{name}` is filled
 * in by the caller, and the compiler refuses a call that leaves one out. Messages are sentences for the person who
 * wrote the configuration or runs the agent: what was found, not where in the program.
 */
export const messages = {
  // Reading configuration files
  'file-missing': 'cannot read {path}: there is no such file',
  'file-unreadable': 'cannot read {path}: {reason}',
  'file-encoding': '{path} is not UTF-8: what cannot be read here is taken as \ufffd',
  'file-twice': '{path} is included twice',
  'include-empty': 'nothing matches {pattern}',
  'include-too-many': 'more than {limit} files are included',
  'yaml-syntax': '{reason}',
  'yaml-documents': 'a second YAML document begins here: a configuration is one',
  'yaml-deep': 'maps and lists are nested here deeper than {limit} levels',
  'yaml-anchor': 'there is no anchor {name} above this alias',
  'yaml-circle': 'the alias {name} stands inside of its own anchor',
  'yaml-aliases': 'with this alias, the aliases of the file stand for more than {limit} values',
  'yaml-shape': '{what} must be {expected}, not {found}',
  'classic-outside': 'a property stands outside of any section',
  'classic-indent': 'this line is not indented like the others of its section',
  'classic-key': 'the property {key} has no value',
  'classic-header': 'a section header must be a name in square brackets, like [INPUT]',
  'classic-group': 'a group may only stand inside a section, indented below it',
  'classic-command': 'unknown command {command}',
  'classic-set': '@SET needs a name and a value, like @SET key=value',
  'variable-unset': 'the variable {name} is not set, so it stands for nothing',
  'secret-file': 'cannot read the file of {what}: {reason}',

  // What a configuration says
  'unknown-section': 'unknown section {section}',
  'unsupported-section': 'Fluent Bit has {section}, Fantail does not',
  'section-place': '{section} is not allowed in this file',
  'unknown-plugin': 'unknown {kind} plugin {name}',
  'missing-plugin': 'Fluent Bit has the {kind} plugin {name}, Fantail does not',
  'plugin-unnamed': 'this {kind} has no name',
  'unknown-option': 'unknown option {option} of {owner}',
  'missing-option': '{owner} needs the option {option}',
  'repeated-option': 'the option {option} of {owner} is set more than once',
  'wrong-value': '{option} must be {expected}, not {found}',
  'wrong-type': '{option} must be {expected}, not {found}',
  'without-effect': '{option} has no effect here: {reason}',
  'deprecated-option': '{option} is deprecated: {reason}',
  'duplicate-name': 'the {kind} {name} is defined twice',
  'unknown-parser': 'there is no parser {name}',
  'unknown-multiline-parser': 'there is no multiline parser {name}',
  'unknown-output': 'there is no output {name}',
  'no-nodes': 'the upstream {upstream} has no nodes',
  'two-fallbacks': 'the output {output} has two fallbacks, {first} and {second}: it can have one, for all that goes to it',
  'fallback-circle': 'the fallbacks of the output {output} lead back to it',
  'wrong-regex': 'the regular expression cannot be used: {reason}',
  'option-file': 'the file of {option} cannot be read: {reason}',
  'option-path': 'the path of {option} cannot be written: {reason}',
  'no-match': 'this {kind} has neither match nor match_regex, so it gets nothing',
  'input-goes-nowhere': 'the data of {input} (tag {tag}) goes nowhere: no output matches it',
  'output-gets-nothing': 'no input gives anything to {output} (match {match})',
  'no-inputs': 'the configuration has no input',
  'no-outputs': 'the configuration has no output',
  'exclusive-options': '{first} and {second} exclude each other',
  'invalid-option': '{owner}: {reason}',

  // Command line
  'unknown-command': 'unknown command {command}',
  'unknown-flag': 'unknown option {flag}',
  'flag-value': '{flag} needs a value',
  'flag-order': '{flag} must follow -i, -F or -o',
  'flag-unsupported': 'Fluent Bit has {flag}, Fantail does not: {reason}',
  'argument-missing': '{command} needs {what}',
  'argument-folder': '{path} is a folder: name its files, for example {path}/*.log',
  'nothing-to-run': 'there is nothing to run: name a configuration file with -c, or an input with -i',

  // Running
  'sdk-missing': '{plugin} needs the package {package}, which is not installed',
  'state-in-use': 'another agent uses {path}',
  'state-unusable': 'cannot use {path}: {reason}',
  'address-in-use': 'cannot listen on {address}: {reason}',
  'not-a-buffer': '{path} holds no buffer: name the folder of an agent with -s, or its configuration with -c',
  'no-dead-letters': 'there are no dead letters of {output}'
} as const

export type ErrorCode = keyof typeof messages

type Names<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never

/** What the message of `Code` must be given. */
export type Details<Code extends ErrorCode> = { readonly [N in Names<(typeof messages)[Code]>]: string | number }

type Arguments<Code extends ErrorCode> = [Names<(typeof messages)[Code]>] extends [never] ? [] : [Details<Code>]

/** The sentence of `code`, filled in. */
export function message<Code extends ErrorCode>(code: Code, ...details: Arguments<Code>): string {
  const given: Readonly<Record<string, string | number>> = details[0] ?? {}
  return messages[code].replace(/\{(\w+)\}/g, (_, name: string) => String(given[name] ?? ''))
}

/** An error whose sentence is meant for the user; it is shown without a stack trace. */
export class FantailError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code

  constructor(code: Code, ...details: Arguments<Code>) {
    super(message(code, ...details))
    this.name = 'FantailError'
    this.code = code
  }
}
