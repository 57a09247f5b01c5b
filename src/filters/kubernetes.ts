/**
 * kubernetes: adds what is known of the pod that a line came from, and merges the line's own structure into the record.
 *
 * A tag names one container, so everything but the line itself is decided when the tag is first seen: its metadata is one
 * constant, rendered once and again when more is known.
 */
import { Constant } from '../event/constant.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, DROP, KEEP, type Filter } from '../plugin/filter.ts'
import { apiOptions } from './kubernetes/api-options.ts'
import { NO_WISHES, readWishes, wishesOfBoth, type StreamWishes, type Wishes } from './kubernetes/annotations.ts'
import { cutTag, nameReader, type ContainerName } from './kubernetes/container-name.ts'
import { LogMerger } from './kubernetes/merge-log.ts'
import { FileSource, renderNamespace, renderPod, type PodSource } from './kubernetes/metadata.ts'

/** Containers of journal entries that are remembered. */
const JOURNAL_CONTAINERS = 1024

/** What is added to the records of one container. */
interface Container {
  pod: Constant | null
  namespace: Constant | null
  wishes: Wishes
  /** For records without a stream. */
  both: StreamWishes
}

export const kubernetes = defineFilter({
  name: 'kubernetes',
  wayInOnly: true,
  summary: 'Adds what is known of the pod that a line came from, and merges the line\'s own structure into the record.',
  description:
    'Pods are looked up in the files of `kube_meta_preload_cache_dir`; a pod that is not found there is known by what its ' +
    'tag tells: names of pod, namespace and container, and the container\'s id. Without that folder, that is all. ' +
    'A merged member takes the place of one with the same key.',
  options: {
    merge_log: { kind: 'boolean', default: false, example: 'on', doc: 'Makes members of what the text of `log` says, as JSON if nothing else is set.' },
    merge_parser: { kind: 'string', example: 'nginx', doc: 'The parser that reads `log`, instead of JSON.' },
    merge_log_key: { kind: 'string', example: 'app', doc: 'Puts what is merged under this key.' },
    merge_log_trim: { kind: 'boolean', default: true, example: 'off', doc: 'Takes line ends off the strings that are merged.' },
    keep_log: { kind: 'boolean', default: true, example: 'off', doc: 'Keeps `log` after it was merged.' },
    kube_meta_preload_cache_dir: {
      kind: 'string', example: '/var/lib/pods',
      doc: 'Folder with what the API says of pods and namespaces, as JSON: `NAMESPACE_POD.meta`, `NAMESPACE.namespace_meta`.'
    },
    kube_tag_prefix: {
      kind: 'string', default: 'kube.var.log.containers.', example: 'application.var.log.containers.',
      doc: 'What stands before the name of the container\'s file in the tag.'
    },
    labels: { kind: 'boolean', default: true, example: 'off', doc: 'Adds the labels of the pod.' },
    annotations: { kind: 'boolean', default: true, example: 'off', doc: 'Adds the annotations of the pod.' },
    owner_references: { kind: 'boolean', default: false, example: 'on', doc: 'Adds the owners of the pod.' },
    namespace_labels: { kind: 'boolean', default: false, example: 'on', doc: 'Adds the labels of the namespace, under `kubernetes_namespace`.' },
    namespace_annotations: { kind: 'boolean', default: false, example: 'on', doc: 'Adds the annotations of the namespace, under `kubernetes_namespace`.' },
    namespace_metadata_only: { kind: 'boolean', default: false, example: 'on', doc: 'Adds nothing about the pod.' },
    'k8s-logging.parser': { kind: 'boolean', default: false, example: 'on', doc: 'Lets a pod name the parser of its lines by the annotation fluentbit.io/parser.' },
    'k8s-logging.exclude': { kind: 'boolean', default: false, example: 'on', doc: 'Lets a pod exclude its lines by the annotation fluentbit.io/exclude.' },
    use_journal: { kind: 'boolean', default: false, example: 'on', doc: 'Takes the container from CONTAINER_NAME of journal entries instead of the tag.' },
    regex_parser: { kind: 'string', example: 'k8s-custom-tag', doc: 'A regex parser that reads the tag instead of the built-in pattern.' },
    use_tag_for_meta: { kind: 'boolean', default: false, example: 'on', doc: 'Looks nothing up: adds what the tag tells.' },
    dummy_meta: { kind: 'boolean', default: false, doc: 'Adds the time of the start instead of metadata, for trials.' },
    kube_meta_cache_ttl: { kind: 'duration', default: 0, example: '10m', doc: 'Looks pods up anew after this time; 0 never.' },
    kube_meta_namespace_cache_ttl: { kind: 'duration', default: 900_000, example: '15m', doc: 'Looks namespaces up anew after this time; 0 never.' },
    ...apiOptions
  },
  examples: [
    {
      title: 'Merge JSON lines and let pods decide',
      config: "name: kubernetes\nmatch: kube.*\nmerge_log: on\nkeep_log: off\nk8s-logging.parser: on\nk8s-logging.exclude: on"
    }
  ],
  create(options, context): Filter {
    const { pool, log } = context
    const parserOf = (name: string | undefined, option: string): ReturnType<typeof context.parser> => {
      const parser = name === undefined ? undefined : context.parser(name)
      if (name !== undefined && parser === undefined) throw new PluginError(`There is no parser named \`${name}\`.`, option)
      return parser
    }
    const mergeParser = parserOf(options.merge_parser, 'merge_parser')
    const readName = nameReader(options.use_journal, parserOf(options.regex_parser, 'regex_parser'), pool)
    const merger = options.merge_log
      ? new LogMerger({ under: options.merge_log_key, trim: options.merge_log_trim, keep: options.keep_log }, pool)
      : undefined
    const podKey = pool.key('kubernetes')
    const namespaceKey = pool.key('kubernetes_namespace')
    const streamKey = pool.key('stream')
    const journalKey = pool.key('CONTAINER_NAME')
    const showsNamespace = options.namespace_labels || options.namespace_annotations
    const source = openSource()
    const allowed = {
      parser: options['k8s-logging.parser'],
      exclude: options['k8s-logging.exclude'],
      find: (name: string) => context.parser(name),
      warn: (message: string) => log.warn(message)
    }
    const containers = new Map<string, { readonly name: ContainerName; readonly container: Container }>()
    const timers = [
      every(options.kube_meta_cache_ttl, () => { for (const { name, container } of containers.values()) lookUpPod(container, name) }),
      every(showsNamespace ? options.kube_meta_namespace_cache_ttl : 0, () => {
        for (const { name, container } of containers.values()) lookUpNamespace(container, name)
      })
    ]

    return {
      prepare(tag) {
        const name = source?.prepare === undefined || options.use_journal ? undefined : nameOfTag(tag)
        if (name?.pod === undefined || name.namespace === undefined) return undefined
        return source?.prepare?.(name.namespace, name.pod)
      },
      forTag(tag) {
        if (options.use_journal && !options.dummy_meta) return filterJournal
        const container = options.dummy_meta ? dummy() : containerOf(tag, nameOfTag(tag))
        if (container === undefined) return () => KEEP
        return (record) => add(record, container)
      },
      close() {
        for (const timer of timers) clearInterval(timer)
        return source?.close?.()
      }
    }

    function openSource(): PodSource | undefined {
      if (options.use_tag_for_meta || options.dummy_meta) return undefined
      if (options.kube_meta_preload_cache_dir !== undefined) {
        return new FileSource(options.kube_meta_preload_cache_dir, (message) => log.warn(message))
      }
      log.info('Pods are known by what their tags tell: `kube_meta_preload_cache_dir` is not set.')
      return undefined
    }

    function nameOfTag(tag: string): ContainerName | undefined {
      const { rest, expected } = cutTag(tag, options.kube_tag_prefix)
      const name = readName(rest === '' ? tag : rest)
      if (name === undefined) {
        log.warn(`The tag ${tag} does not name a container; its records pass as they are.`)
      } else if (!expected) {
        log.warn(`The tag ${tag} does not begin with \`kube_tag_prefix\` ${options.kube_tag_prefix}; its container is ${rest}.`)
      }
      return name
    }

    /** What is known of a container; remembered under `id`. */
    function containerOf(id: string, name: ContainerName | undefined): Container | undefined {
      const known = containers.get(id)
      if (known !== undefined || name === undefined) return known?.container
      const container: Container = { pod: null, namespace: null, wishes: NO_WISHES, both: NO_WISHES.stdout }
      lookUp(container, name)
      containers.set(id, { name, container })
      if (name.namespace !== undefined && name.pod !== undefined) {
        source?.watch?.(name.namespace, name.pod, () => lookUp(container, name))
      }
      return container
    }

    function lookUp(container: Container, name: ContainerName): void {
      lookUpPod(container, name)
      lookUpNamespace(container, name)
    }

    function lookUpPod(container: Container, name: ContainerName): void {
      if (options.namespace_metadata_only) return
      const known = name.namespace !== undefined && name.pod !== undefined
      const pod = known ? source?.pod(name.namespace, name.pod) : undefined
      const shown = { labels: options.labels, annotations: options.annotations, ownerReferences: options.owner_references }
      container.pod = newer(container.pod, renderPod(name, pod, shown))
      const owner = `pod ${name.pod ?? '?'} in namespace ${name.namespace ?? '?'}`
      container.wishes = readWishes(pod?.metadata?.annotations, name.container, owner, allowed)
      container.both = wishesOfBoth(container.wishes)
    }

    function lookUpNamespace(container: Container, name: ContainerName): void {
      const namespace = showsNamespace && name.namespace !== undefined ? source?.namespace(name.namespace) : undefined
      if (namespace !== undefined) {
        const shown = { labels: options.namespace_labels, annotations: options.namespace_annotations }
        container.namespace = newer(container.namespace, renderNamespace(name.namespace!, namespace, shown))
      }
    }

    function dummy(): Container {
      const pod = new Constant(JSON.stringify({ dummy: new Date().toString().replace(/ GMT.*/, '') }))
      return { pod, namespace: null, wishes: NO_WISHES, both: NO_WISHES.stdout }
    }

    function filterJournal(record: Record): boolean {
      const at = record.find(journalKey)
      if (at < 0) return KEEP
      const id = record.text(at)
      let container = containerOf(id, undefined)
      if (container === undefined) {
        if (containers.size >= JOURNAL_CONTAINERS) containers.delete(containers.keys().next().value!)
        container = containerOf(id, readName(id))
      }
      return container === undefined ? KEEP : add(record, container)
    }

    function add(record: Record, container: Container): boolean {
      let parser = mergeParser
      if (!container.wishes.none) {
        const wishes = wishesFor(record, container)
        if (wishes.exclude) return DROP
        if (wishes.parser !== undefined) parser = wishes.parser
      }
      if (merger !== undefined) merger.merge(record, parser)
      if (container.pod !== null) record.setConstant(podKey, container.pod)
      if (container.namespace !== null) record.setConstant(namespaceKey, container.namespace)
      return KEEP
    }

    function wishesFor(record: Record, container: Container): StreamWishes {
      const at = record.find(streamKey)
      const stream = at < 0 ? '' : record.text(at)
      if (stream === 'stdout') return container.wishes.stdout
      return stream === 'stderr' ? container.wishes.stderr : container.both
    }
  }
})

/** The one that stands while nothing changed, so that frames hold it once. */
function newer(old: Constant | null, rendered: Constant): Constant {
  return old !== null && old.bytes.equals(rendered.bytes) ? old : rendered
}

function every(milliseconds: number, action: () => void): NodeJS.Timeout | undefined {
  return milliseconds > 0 ? setInterval(action, milliseconds).unref() : undefined
}
