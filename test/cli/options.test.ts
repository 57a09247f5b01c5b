import { describe, expect, it } from 'vitest'
import { commandHelp, commandOf, commands, parseCommand } from '../../src/cli/options.ts'

const validate = commandOf('validate')!
const tail = commandOf('tail')!

describe('parseCommand', () => {
  it('reads flags in all their spellings', () => {
    for (const argv of [['-c', 'x', '--explain'], ['--config=x', '--explain'], ['--explain', '-cx']]) {
      const args = parseCommand(validate, argv)
      expect([args.value('config'), args.has('explain'), args.has('elsewhere')]).toEqual(['x', true, false])
    }
  })

  it('reads arguments among flags', () => {
    expect(parseCommand(tail, ['a', '--grep', 'x y', 'b']).positionals).toEqual(['a', 'b'])
  })

  it.each([
    [['--explian'], 'unknown option --explian (did you mean --explain?)'],
    [['--config'], '--config needs a value']
  ])('refuses %j', (argv, sentence) => {
    expect(() => parseCommand(validate, argv)).toThrow(sentence)
  })

  it('wants the arguments there must be', () => {
    expect(() => parseCommand(tail, [])).toThrow('tail needs a file')
    expect(parseCommand(tail, ['--help']).has('help')).toBe(true)
  })
})

describe('help', () => {
  it('names every flag of every command', () => {
    for (const command of commands) {
      const help = commandHelp(command)
      expect(help).toContain(`Usage: fantail ${command.name}`)
      for (const flag of command.flags) expect(help).toContain(`--${flag.name}`)
    }
  })
})

describe('commands', () => {
  it.each(commands.map(({ name, load }) => [name, load] as const))('%s can be loaded', async (_, load) => {
    expect(typeof (await load()).run).toBe('function')
  })
})
