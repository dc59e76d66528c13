// An occurrence in words that can be taken elsewhere. Secrets are masked where it leaves for a shell.
import type { ErrorTrace, Frame, Json, Occurrence } from '../../../api/errors';
import { codeLines, placeOf, shownOf } from './frames';
import { isLeftOut, objectOf, previewOf, textOf } from './values';

const mostFrames = 60;
const secret = /^(?:authorization|proxy-authorization|cookie|set-cookie)$|token|secret|api[-_]?key|passw|session|credential/i;
const mask = '***';

/** A frame as a line of text, with its code beneath. */
export function frameText(f: Frame, original: boolean): string {
  const s = shownOf(f, original);
  const code = codeLines(s)
    .find((l) => l.here)
    ?.text.trim();
  return `  at ${s.method || '?'} (${placeOf(s)})${code ? `\n     ${code}` : ''}`;
}

/** The chain of exceptions as text. */
export function tracebackText(traces: readonly ErrorTrace[], original: boolean): string {
  return traces
    .map((t, i) => {
      const more = Math.max(t.frames.length - mostFrames, 0) + t.left_out;
      return [
        `${i > 0 ? 'caused by ' : ''}${t.class}${t.message ? `: ${t.message}` : ''}`,
        ...t.frames.slice(0, mostFrames).map((f) => frameText(f, original)),
        ...(more > 0 ? [`  … ${more} more`] : []),
      ].join('\n');
    })
    .join('\n\n');
}

/** A fence that no line of the text can end. */
function fenced(text: string, lang = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((m) => m[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${lang}\n${text}\n${fence}`;
}

/** One line of text that Markdown takes as it is. */
function plain(s: string): string {
  return s
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]<>#|]/g, '\\$&')
    .trim();
}

/** All that helps somebody (or something) to find the cause, as Markdown. */
export function markdown(o: Occurrence, item: { counter: number; title: string; total: number; people: number }, link: string): string {
  const facts: [string, string][] = [
    ['environment', o.environment],
    ['level', o.level],
    ['service', o.service],
    ['version', o.version],
    ['language', o.language],
    ['trace', o.trace_id],
    ['uuid', o.uuid],
  ];
  const request = objectOf(o.payload.request);
  const own = o.traces[0]?.frames.find((f) => f.own) ?? o.traces[0]?.frames[0];
  const code = own ? codeLines(shownOf(own, true)) : [];
  const locals = own && own.locals && !isLeftOut(own.locals) ? Object.entries(own.locals) : [];
  return [
    `# #${item.counter} ${plain(item.title)}`,
    '',
    `${item.total} times${item.people > 0 ? `, ${item.people} people` : ''} · <${link}>`,
    '',
    ...facts.filter(([, v]) => v !== '').map(([k, v]) => `- ${k}: ${plain(v)}`),
    ...(textOf(request.url) ? [`- request: ${plain(`${textOf(request.method)} ${textOf(request.url)}`)}`] : []),
    '',
    '## Traceback',
    '',
    fenced(o.traces.length > 0 ? tracebackText(o.traces, true) : o.text.slice(0, 10_000)),
    ...(code.length > 0
      ? [
          '',
          '## Code',
          '',
          own ? plain(placeOf(shownOf(own, true))) : '',
          '',
          fenced(code.map((l) => `${l.here ? '>' : ' '} ${l.n} ${l.text}`).join('\n')),
        ]
      : []),
    ...(locals.length > 0
      ? [
          '',
          '## Locals',
          '',
          fenced(
            locals
              .slice(0, 40)
              .map(([k, v]) => `${k} = ${previewOf(v, 200)}`)
              .join('\n'),
          ),
        ]
      : []),
    ...(o.telemetry.length > 0
      ? [
          '',
          '## What happened before',
          '',
          fenced(
            o.telemetry
              .slice(-20)
              .map((t) => `${t.type} ${previewOf(t.body as Json, 200)}`)
              .join('\n'),
          ),
        ]
      : []),
    '',
  ].join('\n');
}

/** What a shell takes as one word. */
function quoted(s: string): string {
  return `'${s.replaceAll("'", "'\\''")}'`;
}

function headerValue(v: Json): string {
  return Array.isArray(v) ? v.map(textOf).join(', ') : textOf(v);
}

/** The request as the command that repeats it; undefined where the payload names none. */
export function curl(request: { [key: string]: Json }): string | undefined {
  const url = textOf(request.url);
  const method = (textOf(request.method) || 'GET').toUpperCase();
  if (!/^https?:\/\//i.test(url) || !/^[A-Z]+$/.test(method)) return undefined;
  const masked = url
    .replace(/\/\/[^/@?#]*@/, `//${mask}@`)
    .replace(/([?&])([^=&#]+)=([^&#]*)/g, (all, mark: string, name: string) => (secret.test(name) ? `${mark}${name}=${mask}` : all));
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(masked)}`];
  for (const [name, v] of Object.entries(objectOf(request.headers))) {
    if (!/^[\w-]+$/.test(name) || /^(?:host|content-length)$/i.test(name)) continue;
    lines.push(`-H ${quoted(`${name}: ${secret.test(name) ? mask : headerValue(v)}`)}`);
  }
  const body = textOf(request.body);
  const form = objectOf(request.POST);
  if (body !== '') lines.push(`--data-raw ${quoted(body)}`);
  else if (method !== 'GET') {
    for (const [name, v] of Object.entries(form))
      lines.push(`--data-urlencode ${quoted(`${name}=${secret.test(name) ? mask : headerValue(v)}`)}`);
  }
  return lines.join(' \\\n  ');
}
