// One condition in the words of each vendor whose language people know.

export type FieldValue = string | number | boolean;

const bare = /^[A-Za-z_][\w.]*$/;
const keyword =
  /^(and|or|not|in|exists|contains|matches|search|true|false|null|visualize|where|group|by|order|limit|having|last|from|to|for|granularity|compare|unweighted|if|as|asc|desc)$/i;

function quoted(v: FieldValue): string {
  return typeof v === 'string' ? JSON.stringify(v) : String(v);
}

/** A field's name in Oriel's own text. */
export function nameText(field: string): string {
  return bare.test(field) && !keyword.test(field) ? field : '`' + field.replaceAll('\\', '\\\\').replaceAll('`', '\\`') + '`';
}

/** A condition in Oriel's own filter text. */
export function filterText(field: string, value: FieldValue, op: '=' | '!=' | '>' | '<' = '='): string {
  const name = nameText(field);
  return `${name} ${op} ${quoted(value)}`;
}

export function honeycombFilter(field: string, value: FieldValue): string {
  return JSON.stringify({ column: field, op: '=', value });
}

/** A CloudWatch Logs filter pattern for JSON log lines. */
export function filterPattern(field: string, value: FieldValue): string {
  const path = /^[A-Za-z_]\w*$/.test(field) ? `$.${field}` : `$.['${field.replaceAll("'", "\\'")}']`;
  return typeof value === 'boolean' ? `{ ${path} IS ${value ? 'TRUE' : 'FALSE'} }` : `{ ${path} = ${quoted(value)} }`;
}

export function insightsFilter(field: string, value: FieldValue): string {
  return `filter ${/^[@A-Za-z_]\w*$/.test(field) ? field : '`' + field + '`'} = ${quoted(value)}`;
}

const xrayNames: Record<string, string> = {
  'http.request.method': 'http.method',
  'http.method': 'http.method',
  'http.response.status_code': 'http.status',
  'http.status_code': 'http.status',
  'url.full': 'http.url',
  'http.url': 'http.url',
  'client.address': 'http.clientip',
  'user_agent.original': 'http.useragent',
  'user.id': 'user',
};

/** An X-Ray filter expression; fields it doesn't know are annotations, as the X-Ray SDKs store them. */
export function xrayExpression(field: string, value: FieldValue): string {
  if (field === 'service.name') return `service(${quoted(String(value))})`;
  if (field === 'duration_ms' && typeof value === 'number') return `duration = ${value / 1000}`;
  if (field === 'error') return value === true ? 'fault = true' : 'fault = false';
  const known = Object.hasOwn(xrayNames, field) ? xrayNames[field] : undefined;
  return `${known ?? `annotation[${field.replaceAll(/[^\w]/g, '_')}]`} = ${quoted(value)}`;
}

/** A condition of Rollbar's query language; texts are in single quotes. */
export function rqlCondition(field: string, value: FieldValue): string {
  return `${field} = ${typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)}`;
}

/** All ways to copy a value, in the order of the menu. */
export const copies: readonly { label: string; text: (field: string, value: FieldValue) => string }[] = [
  { label: 'Value', text: (_, v) => String(v) },
  { label: 'Field = value', text: (f, v) => filterText(f, v) },
  { label: 'Honeycomb filter', text: honeycombFilter },
  { label: 'X-Ray expression', text: xrayExpression },
  { label: 'CloudWatch filter pattern', text: filterPattern },
  { label: 'Logs Insights filter', text: insightsFilter },
  { label: 'Rollbar RQL', text: rqlCondition },
];
