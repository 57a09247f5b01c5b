/** What `scripts/release.ts` makes: an SBOM that names all that the bundle holds. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { bundled, sbom } from '../../scripts/release.ts'

const root = path.join(import.meta.dirname, '../..')

it('the SBOM names every package of the bundle with licence and checksum', () => {
  const licences = readFileSync(path.join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version?: string, integrity?: string }> }
  const components = bundled(licences, packages)
  expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(['@elastic/elasticsearch', '@aws-sdk/client-cloudwatch-logs', 'chokidar', 'pino', 'yaml']))
  expect(components.filter(({ hashes, licenses }) => hashes === undefined || licenses.length === 0).map(({ name }) => name)).toEqual([])
  const document = sbom('fantail', '1.0.0', components) as { serialNumber: string, components: object[] }
  expect(document.components).toHaveLength(components.length)
  expect(document.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(sbom('fantail', '1.0.0', components.toReversed())).toEqual(document)
})
