/**
 * aws: adds what the instance's metadata service (IMDS) knows of the instance. It is asked once at start; where it does
 * not answer, records go on without, and it is asked again now and then.
 */
import type { Key, Range } from '../event/pool.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, KEEP } from '../plugin/filter.ts'
import { Imds, ImdsError } from './aws/imds.ts'

interface Member {
  readonly key: Key
  readonly value: Range
}

/** What can be added, in the order in which it is. */
const SINGLE = ['az', 'ec2_instance_id', 'ec2_instance_type', 'private_ip', 'vpc_id', 'ami_id', 'account_id', 'hostname'] as const

export const aws = defineFilter({
  name: 'aws',
  summary: 'Adds what the metadata service of EC2 knows of the instance.',
  description:
    'The service is asked at the start, for at most a few seconds, then records flow whether it answered or not. In a pod '
    + 'without the host\'s network it is out of reach where the hop limit is 1, the default of new node groups: then it is '
    + 'said once, and nothing is added. `AWS_EC2_METADATA_SERVICE_ENDPOINT` and `AWS_EC2_METADATA_DISABLED` are honoured.',
  options: {
    imds_version: { kind: 'choice', values: ['v1', 'v2'], default: 'v2', example: 'v1', doc: 'v2 fetches a session token first.' },
    az: { kind: 'boolean', default: true, example: 'off', doc: 'Adds `az`, the availability zone.' },
    ec2_instance_id: { kind: 'boolean', default: true, example: 'off', doc: 'Adds `ec2_instance_id`.' },
    ec2_instance_type: { kind: 'boolean', default: false, example: 'on', doc: 'Adds `ec2_instance_type`.' },
    private_ip: { kind: 'boolean', default: false, example: 'on', doc: 'Adds `private_ip`.' },
    vpc_id: { kind: 'boolean', default: false, example: 'on', doc: 'Adds `vpc_id`.' },
    ami_id: { kind: 'boolean', default: false, example: 'on', doc: 'Adds `ami_id`, the image.' },
    account_id: { kind: 'boolean', default: false, example: 'on', doc: 'Adds `account_id`.' },
    hostname: { kind: 'boolean', default: false, example: 'on', doc: 'Adds `hostname`.' },
    tags_enabled: { kind: 'boolean', default: false, example: 'on', doc: 'Adds the tags of the instance, where its metadata has them.' },
    tags_include: { kind: 'list', example: 'Name, team', doc: 'Only these tags.' },
    tags_exclude: { kind: 'list', example: 'secret', doc: 'All tags but these.' },
    retry_interval_s: { kind: 'integer', default: 300, min: 0, example: '60', doc: 'Seconds until what is missing is asked for again.' },
    enable_entity: {
      kind: 'boolean', default: false, example: 'on',
      doc: 'Adds `aws_entity_ec2_instance_id` and `aws_entity_account_id`, from which cloudwatch_logs makes the entity (add_entity).'
    }
  },
  examples: [{ title: 'Zone, instance and its name', config: "name: aws\nmatch: '*'\ntags_enabled: on\ntags_include: Name" }],
  async create(options, context) {
    const { pool, log } = context
    if (options.tags_include !== undefined && options.tags_exclude !== undefined) {
      throw new PluginError('`tags_include` and `tags_exclude` exclude each other.', 'tags_exclude')
    }
    const imds = new Imds(options.imds_version === 'v2')
    const wanted = SINGLE.filter((name) => options[name])
    const found = new Map<string, string>()
    let tags: readonly (readonly [string, string])[] | undefined = options.tags_enabled ? undefined : []
    let members: readonly Member[] = []
    const wants = (tag: string): boolean => options.tags_include?.includes(tag) ?? options.tags_exclude?.includes(tag) !== true

    /** Asks for what is missing; throws what the service's failure is. */
    async function ask(): Promise<void> {
      const needed = new Set<(typeof SINGLE)[number]>(wanted)
      if (options.enable_entity) needed.add('ec2_instance_id').add('account_id')
      for (const name of needed) if (!found.has(name)) found.set(name, await imds.ask(name))
      tags ??= (await imds.tags()).filter(([tag]) => wants(tag))
    }

    function render(): void {
      const all: (readonly [string, string | undefined])[] = [...wanted.map((name) => [name, found.get(name)] as const), ...(tags ?? [])]
      if (options.enable_entity) {
        all.push(['aws_entity_ec2_instance_id', found.get('ec2_instance_id')], ['aws_entity_account_id', found.get('account_id')])
      }
      members = all.flatMap(([name, text]) => (text === undefined ? [] : [{ key: pool.key(name), value: pool.json(text) }]))
    }

    let timer: NodeJS.Timeout | undefined
    async function attempt(): Promise<void> {
      try {
        await ask()
        clearInterval(timer)
      } catch (error) {
        if (!(error instanceof ImdsError)) throw error
        log.warn(`The metadata service gave no answer to all questions, so records lack its values: ${error.message}`)
      }
      render()
    }

    if (context.trial !== true) await attempt()
    if (context.trial !== true && (found.size < wanted.length || tags === undefined)) {
      timer = setInterval(() => void attempt(), Math.max(1, options.retry_interval_s) * 1000)
      timer.unref()
    }
    const filter = (record: Record): boolean => {
      for (let i = 0; i < members.length; i++) record.setPooled(members[i]!.key, members[i]!.value)
      return KEEP
    }
    return {
      forTag: () => filter,
      close: () => { clearInterval(timer) }
    }
  }
})
