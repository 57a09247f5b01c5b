/** The options of systemd. */
import type { Fields } from '../../config/fields.ts'

export const options = {
  'path': {
    kind: 'string', example: '/var/log/journal',
    doc: 'Folder of the journal, or one that holds folders named by machine ids. Without it both /var/log/journal and '
      + '/run/log/journal, of this machine only where /etc/machine-id names one of their folders. A folder that is not '
      + 'there yet is waited for.',
    differs: 'Fluent Bit ends when the folder is not there'
  },
  'systemd_filter': {
    kind: 'string', multiple: true, example: '_SYSTEMD_UNIT=kubelet.service',
    doc: 'Take entries that have this field with this value, `FIELD=value`; may be given several times.'
  },
  'systemd_filter_type': {
    kind: 'choice', values: ['and', 'or'], default: 'or', example: 'and',
    doc: 'Whether an entry must fit all of systemd_filter or any of it.'
  },
  'read_from_tail': {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Leave out what is in the journal at the very first start.'
  },
  'lowercase': { kind: 'boolean', default: false, example: 'on', doc: 'Write the names of fields in lower case.' },
  'strip_underscores': {
    kind: 'boolean', default: false, example: 'on', doc: 'Take one leading underscore away from the names of fields.'
  },
  'max_fields': {
    kind: 'integer', default: 8000, min: 1, example: '100', doc: 'Fields of an entry that are taken at most.'
  },
  'max_entries': {
    kind: 'integer', default: 5000, min: 1, example: '1000', doc: 'Entries that are read in one turn at most.'
  },
  'db': {
    kind: 'string', example: '/var/log/flb_systemd.db',
    doc: 'Database in which Fluent Bit kept its cursor. The first start takes the cursor over and leaves it as it is; '
      + 'positions of our own lie in the state directory.'
  },
  'db.sync': {
    kind: 'choice', values: ['extra', 'full', 'normal', 'off'], default: 'normal', example: 'normal',
    doc: 'How SQLite syncs.', withoutEffect: 'positions lie in the buffer, not in SQLite'
  }
} as const satisfies Fields
