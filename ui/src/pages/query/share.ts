// A question and its result in forms that others can use.
import { questionText } from '../../query/print';
import type { Question, Span } from '../../query/question';
import { toSpec } from '../../query/spec';
import { askBody, followed } from './data';
import type { Result } from './result';
import { cellText } from '../../query/cell';

/** A text that a shell takes as it is. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command that asks the same; where keys are required it reads one from the environment, so that none is copied. */
export function asCurl(origin: string, keyed: boolean, env: string, dataset: string, q: Question, span: Span): string {
  const body = JSON.stringify({ ...askBody(dataset, q, span), series: followed(q) });
  const to = `${origin}/api/query${env ? `?env=${encodeURIComponent(env)}` : ''}`;
  const key = keyed ? ` -H "X-Honeycomb-Team: $HONEYCOMB_API_KEY"` : '';
  return `curl -sN ${shellQuoted(to)}${key} -H 'Content-Type: application/json' -d ${shellQuoted(body)}`;
}

export function asHoneycomb(q: Question, span: Span): string {
  return JSON.stringify(toSpec(q, span), null, 2);
}

export function asLine(q: Question, span: Span): string {
  return questionText(q, span);
}

export function asMarkdown(r: Result): string {
  const cell = (v: unknown): string => String(v).replaceAll('|', '\\|').replaceAll('\n', ' ');
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(r.columns.map((c) => cell(c.name))),
    line(r.columns.map((_, k) => (k < r.breakdowns ? '---' : '---:'))),
    ...r.rows.map((row) => line(row.map((v) => cell(cellText(v))))),
  ].join('\n');
}
