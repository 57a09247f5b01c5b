import { describe, expect, it } from 'vitest'
import { namedPlugins } from '../../src/config/named-plugins.ts'
import { Problems } from '../../src/config/problem.ts'
import { readYaml } from '../../src/config/yaml.ts'

describe('namedPlugins', () => {
  it('finds names in any case wherever a plugin may be named, processors of routes included', () => {
    const text = `service: {flush: 1}
pipeline:
  inputs:
    - Name: Tail
      alias: elsewhere
      processors:
        logs:
          - {name: GREP, condition: {rules: [{field: name, op: eq, value: x}]}}
      routes:
        logs:
          - name: a-route
            processors: {logs: [{name: content_modifier}]}
            to: {outputs: [out]}
    - alias: without a name
  filters: [{name: nest, match: '*'}]
  outputs:
    - {name: stdout, alias: out, processors: {logs: [{name: modify}]}}
    - {name: no_such, match: '*'}
`
    const named = namedPlugins(readYaml(text, 'a.yaml', new Problems()))
    expect([...named.inputs]).toEqual(['tail'])
    expect([...named.filters]).toEqual(['nest'])
    expect([...named.outputs]).toEqual(['stdout', 'no_such'])
    expect([...named.processors].toSorted()).toEqual(['content_modifier', 'grep', 'modify'])
  })
})
