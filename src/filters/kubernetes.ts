/**
 * kubernetes: adds what is known of the pod that a line came from, and merges the line's own structure into the record.
 *
 * A tag names one container, so everything but the line itself is decided when the tag is first seen: its metadata is one
 * constant, rendered once and again when more is known.
 */
import { Constant } from '../event/constant.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, DROP, KEEP, type Filter, type Joins, type Seam } from '../plugin/filter.ts'
import { apiOptions } from './kubernetes/api-options.ts'
import { readWishes, wishesOfBoth, type StreamWishes } from './kubernetes/annotations.ts'
import { cutTag, nameReader, type ContainerName } from './kubernetes/container-name.ts'
import { LogMerger } from './kubernetes/merge-log.ts'
import { Containers, isOfPod, NAMELESS, newContainer, type Container } from './kubernetes/containers.ts'
import { openSource } from './kubernetes/open-source.ts'
import { renderNamespace, renderPod, type Namespace, type Pod } from './kubernetes/metadata.ts'
import { Seams } from './kubernetes/seams.ts'

/** Containers that are remembered when nothing tells of their end. */
const CONTAINERS = 8192

/** The key of a container's line. */
const TEXT = 'log'

export const kubernetes = defineFilter({
  name: 'kubernetes',
  wayInOnly: true,
  summary: 'Adds what is known of the pod that a line came from, and merges the line\'s own structure into the record.',
  description:
    'The pods of the node are followed by one watch of the API server, so that name, labels and annotations are there at a ' +
    'pod\'s first line and changes are seen at once; a deleted pod stays known for an hour, for its last lines. A new file ' +
    'waits for what is not known yet at most a second. While the server cannot be reached, or refuses, a new pod is known by ' +
    'what its tag tells: names of pod, namespace and container, and the container\'s id. The right to get, list and watch ' +
    'pods is needed; to get namespaces, when their labels or annotations are asked for or pods may choose. ' +
    'A merged member takes the place of one with the same key.',
  options: {
    merge_log: { kind: 'boolean', default: false, example: 'on', doc: 'Makes members of what the text of `log` says, as JSON if nothing else is set.' },
    merge_parser: { kind: 'string', example: 'nginx', doc: 'The parser that reads `log`, instead of JSON.' },
    merge_log_key: { kind: 'string', example: 'app', doc: 'Puts what is merged under this key.' },
    merge_log_trim: { kind: 'boolean', default: true, example: 'off', doc: 'Takes line ends off the strings that are merged.' },
    keep_log: { kind: 'boolean', default: true, example: 'off', doc: 'Keeps `log` after it was merged.' },
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
    'k8s-logging.parser': {
      kind: 'boolean', default: false, example: 'on',
      doc: 'Lets a pod name the parser of its lines by the annotation fluentbit.io/parser or fantail.io/parser, and by ' +
        'fantail.io/multiline-parser those that join its lines; what begins with fantail.io/ may stand at its namespace.'
    },
    'k8s-logging.exclude': { kind: 'boolean', default: false, example: 'on', doc: 'Lets a pod exclude its lines by the annotation fluentbit.io/exclude or fantail.io/exclude, or limit them by fantail.io/rate-limit.' },
    use_journal: { kind: 'boolean', default: false, example: 'on', doc: 'Takes the container from CONTAINER_NAME of journal entries instead of the tag.' },
    regex_parser: { kind: 'string', example: 'k8s-custom-tag', doc: 'A regex parser that reads the tag instead of the built-in pattern.' },
    use_tag_for_meta: { kind: 'boolean', default: false, example: 'on', doc: 'Looks nothing up: adds what the tag tells.' },
    dummy_meta: { kind: 'boolean', default: false, doc: 'Adds the time of the start instead of metadata, for trials.' },
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
    const allowed = {
      parser: options['k8s-logging.parser'],
      exclude: options['k8s-logging.exclude'],
      find: (name: string) => context.parser(name),
      joiner: (names: readonly string[]) => context.joiner(names, { key: TEXT, ofRecords: true }),
      warn: (message: string) => log.warn(message)
    }
    const containers = new Containers(CONTAINERS)
    const source = options.use_tag_for_meta || options.dummy_meta || context.trial === true
      ? undefined
      : openSource(options, showsNamespace ? 'shown' : allowed.parser || allowed.exclude ? 'inherited' : undefined, context, {
        podChanged: (namespace, pod) => { for (const container of containers.ofPod(namespace, pod)) lookUp(container) },
        namespaceChanged: (namespace) => { for (const container of containers.ofNamespace(namespace)) lookUp(container) },
        podForgotten: (namespace, pod) => containers.forget(namespace, pod)
      })
    const unknown = context.meter.counter('fantail_kubernetes_unknown_containers_total')
    const limited = context.meter.counter('fantail_kubernetes_rate_limited_records_total')
    const timer = options.kube_meta_cache_ttl > 0
      ? setInterval(() => { for (const container of containers.all()) lookUp(container) }, options.kube_meta_cache_ttl).unref()
      : undefined

    const joins: Joins = {
      key: pool.key(TEXT),
      forTag(tag) {
        if (options.use_journal) {
          return (record) => {
            const container = containerOfEntry(record)
            return container === undefined ? undefined : seamOf(record, container)
          }
        }
        const container = containerOf(tag, nameOfTag)
        return container === undefined ? () => undefined : (record) => seamOf(record, container)
      }
    }

    return {
      ...(allowed.parser && source !== undefined && !options.namespace_metadata_only ? { joins } : {}),
      prepare(tag) {
        const name = source?.prepare === undefined || options.use_journal ? undefined : nameOfTag(tag)
        return name === undefined || !isOfPod(name) ? undefined : source?.prepare?.(name)
      },
      forTag(tag) {
        if (options.use_journal && !options.dummy_meta) return filterJournal
        const container = options.dummy_meta ? dummy() : containerOf(tag, nameOfTag)
        if (container === undefined) return () => KEEP
        return (record) => add(record, container)
      },
      close() {
        clearInterval(timer)
        return source?.close?.()
      }
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

    /** What is known of the container that a tag, or a journal's name, is about. */
    function containerOf(id: string, read: (id: string) => ContainerName | undefined): Container | undefined {
      const known = containers.get(id)
      if (known !== undefined) return known
      const name = read(id)
      if (name === undefined) return undefined
      const container = containers.add(id, name)
      lookUp(container)
      if (source !== undefined && container.uid === undefined) unknown.value++
      return container
    }

    function lookUp(container: Container): void {
      const { name } = container
      const pod = isOfPod(name) ? source?.pod(name, container.uid) : undefined
      // what was known of a pod stays known
      if (pod === undefined && container.uid !== undefined) return
      container.uid = pod?.metadata?.uid
      if (!options.namespace_metadata_only) {
        const shown = { labels: options.labels, annotations: options.annotations, ownerReferences: options.owner_references }
        container.pod = newer(container.pod, renderPod(name, pod, shown))
      }
      const namespace = name.namespace === undefined ? undefined : source?.namespace(name.namespace)
      if (namespace !== undefined && showsNamespace) {
        const shown = { labels: options.namespace_labels, annotations: options.namespace_annotations }
        container.namespace = newer(container.namespace, renderNamespace(name.namespace!, namespace, shown))
      }
      if (!options.namespace_metadata_only) readAnnotations(container, pod, namespace)
    }

    function readAnnotations(container: Container, pod: Pod | undefined, namespace: Namespace | undefined): void {
      const { name } = container
      const names = { owner: `pod ${name.pod ?? '?'} in namespace ${name.namespace ?? '?'}`, namespace: `namespace ${name.namespace ?? '?'}` }
      container.wishes = readWishes(pod?.metadata?.annotations, namespace?.metadata?.annotations, name.container, names, allowed)
      container.both = wishesOfBoth(container.wishes)
      container.limit = containers.limitOf(container, container.wishes.rate)
      const { stdout, stderr } = container.wishes
      if (stdout.multiline !== undefined || stderr.multiline !== undefined) container.seams ??= new Seams()
      container.seams?.choose(stdout, stderr, container.both)
    }

    function dummy(): Container {
      const pod = new Constant(JSON.stringify({ dummy: new Date().toString().replace(/ GMT.*/, '') }))
      return { ...newContainer(NAMELESS), pod }
    }

    function containerOfEntry(record: Record): Container | undefined {
      const at = record.find(journalKey)
      return at < 0 ? undefined : containerOf(record.text(at), readName)
    }

    function filterJournal(record: Record): boolean {
      const container = containerOfEntry(record)
      return container === undefined ? KEEP : add(record, container)
    }

    function seamOf(record: Record, { seams }: Container): Seam | undefined {
      return seams?.[streamOf(record)]
    }

    function add(record: Record, container: Container): boolean {
      let parser = mergeParser
      if (!container.wishes.none) {
        const wishes = wishesFor(record, container)
        if (wishes.exclude) return DROP
        if (container.limit?.take(record.seconds + record.nanos / 1e9) === false) {
          limited.value++
          return DROP
        }
        if (wishes.parser !== undefined) parser = wishes.parser
      }
      if (merger !== undefined) merger.merge(record, parser)
      if (container.pod !== null) record.setConstant(podKey, container.pod)
      if (container.namespace !== null) record.setConstant(namespaceKey, container.namespace)
      return KEEP
    }

    function wishesFor(record: Record, { wishes, both }: Container): StreamWishes {
      const stream = streamOf(record)
      return stream === 'both' ? both : wishes[stream]
    }

    function streamOf(record: Record): 'stdout' | 'stderr' | 'both' {
      const at = record.find(streamKey)
      const stream = at < 0 ? '' : record.text(at)
      return stream === 'stdout' || stream === 'stderr' ? stream : 'both'
    }
  }
})

/** The one that stands while nothing changed, so that frames hold it once. */
function newer(old: Constant | null, rendered: Constant): Constant {
  return old !== null && old.bytes.equals(rendered.bytes) ? old : rendered
}
