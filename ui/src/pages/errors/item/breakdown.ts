// In which order the fields of occurrences are broken down.
import type { FieldDifference } from '../../../query/bubble/bubble';

const wanted = [
  'browser',
  'os',
  'server.host',
  'host.name',
  'code_version',
  'service.version',
  'service.name',
  'http.route',
  'context',
  'request.url',
  'request.method',
  'person.id',
  'exception.message',
];
const never =
  /^(?:_|meta\.|rollbar\.payload$|error\.(?:fingerprint|environment|title|culprit|grouping|occurrence_id)$|uuid$|exception\.stacktrace$)/;

/** The fields people ask for first, then those of the sender's own, each with few enough values to say something. */
export function order(fields: readonly FieldDifference[], find: string): FieldDifference[] {
  const needle = find.trim().toLowerCase();
  const rank = (f: FieldDifference): number => {
    const i = wanted.indexOf(f.name);
    if (i >= 0) return i;
    return wanted.length + (f.name.startsWith('custom.') ? 0 : 1) + (f.class === 'constant' ? 2 : f.class === 'id_like' ? 4 : 0);
  };
  return fields
    .filter((f) => !never.test(f.name))
    .filter(
      (f) =>
        needle === '' ||
        f.name.toLowerCase().includes(needle) ||
        (f.values ?? []).some((v) => String(v.value).toLowerCase().includes(needle)),
    )
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
