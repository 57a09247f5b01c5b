/** Which container a tag, or a journal entry, is about. */
import { ARENA, Record } from '../../event/record.ts'
import type { Pool } from '../../event/pool.ts'
import type { Parser } from '../../plugin/parser.ts'

export interface ContainerName {
  readonly pod: string | undefined
  readonly namespace: string | undefined
  readonly container: string | undefined
  readonly dockerId: string | undefined
  readonly containerHash: string | undefined
}

/** The name of a file in /var/log/containers: `POD_NAMESPACE_CONTAINER-ID.log`. */
const FILE = new RegExp(
  '(?<pod_name>[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)_(?<namespace_name>[^_]+)_' +
  '(?<container_name>.+)-(?<docker_id>[a-z0-9]{64})\\.log$'
)

/** The journal's CONTAINER_NAME as the kubelet gave it to Docker: `k8s_CONTAINER.HASH_POD_NAMESPACE_UID_N`. */
const JOURNAL = new RegExp(
  '^(?<name_prefix>[^_]+)_(?<container_name>[^._]+)(?:\\.(?<container_hash>[^_]+))?_(?<pod_name>[^_]+)_' +
  '(?<namespace_name>[^_]+)_[^_]+_[^_]+$'
)

export type NameReader = (text: string) => ContainerName | undefined

/** Reads names with the built-in patterns, or with the parser of `regex_parser`. */
export function nameReader(journal: boolean, parser: Parser | undefined, pool: Pool): NameReader {
  if (parser !== undefined) return parserReader(parser, pool)
  const pattern = journal ? JOURNAL : FILE
  return (text) => {
    const groups = pattern.exec(text)?.groups
    return groups === undefined ? undefined : nameOf((key) => groups[key])
  }
}

function parserReader(parser: Parser, pool: Pool): NameReader {
  const keys = new Map(['pod_name', 'namespace_name', 'container_name', 'docker_id', 'container_hash'].map((name) => (
    [name, pool.key(name)]
  )))
  const scratch = new Record(pool)
  return (text) => {
    scratch.reset()
    scratch.useBlock(Buffer.alloc(0))
    const start = scratch.addText(text)
    if (!parser.parse(scratch, ARENA, start, scratch.arenaLength)) return undefined
    return nameOf((name) => {
      const at = scratch.find(keys.get(name)!)
      return at < 0 ? undefined : scratch.text(at)
    })
  }
}

function nameOf(get: (key: string) => string | undefined): ContainerName {
  const found = (key: string): string | undefined => get(key) || undefined
  return {
    pod: found('pod_name'),
    namespace: found('namespace_name'),
    container: found('container_name'),
    dockerId: found('docker_id'),
    containerHash: found('container_hash')
  }
}

const FOLDER = 'var.log.containers.'

/**
 * The part of a tag that names the file. A tag with another prefix than `kube_tag_prefix` is cut behind the folder's
 * name where it has it; `expected` says whether the prefix was there.
 */
export function cutTag(tag: string, prefix: string): { readonly rest: string; readonly expected: boolean } {
  if (tag.startsWith(prefix)) return { rest: tag.slice(prefix.length), expected: true }
  const folder = tag.lastIndexOf(FOLDER)
  return { rest: folder < 0 ? '' : tag.slice(folder + FOLDER.length), expected: false }
}
