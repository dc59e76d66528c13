// Values of payloads, which may be anything of any size.
import type { Json, LeftOut } from '../../../api/errors';
import { bytes } from '../../../time/format';

/** Texts are cut behind so many characters until somebody wants all. */
export const longest = 1000;

export function isLeftOut(v: unknown): v is LeftOut {
  return typeof v === 'object' && v !== null && '$bytes' in v && '$path' in v && typeof v.$bytes === 'number' && Array.isArray(v.$path);
}

/** What something left out is. */
export function kindOf(v: LeftOut): string {
  return v.$count > 0 ? `${v.$count} members` : 'a long text';
}

const most = 60;

/** A value in one short line. */
export function previewOf(v: Json | LeftOut, room = most): string {
  if (isLeftOut(v)) return `${kindOf(v)}, ${bytes(v.$bytes)}`;
  if (v === null || typeof v !== 'object') return short(typeof v === 'string' ? JSON.stringify(v.slice(0, room + 1)) : String(v), room);
  if (Array.isArray(v)) {
    if (v.length === 0) return '[]';
    return v.length > 3 || v.some((x) => x !== null && typeof x === 'object')
      ? `[${v.length}]`
      : `[${v.map((x) => previewOf(x, 16)).join(', ')}]`;
  }
  const names = Object.keys(v);
  return names.length === 0 ? '{}' : short(`{${names.slice(0, 4).join(', ')}${names.length > 4 ? `, … ${names.length}` : ''}}`, room);
}

function short(s: string, room: number): string {
  return s.length > room ? `${s.slice(0, room)}…` : s;
}

const mask = /^(?:\*+|\[FILTERED\])$/;

/** Whether a value was taken out before it was stored. */
export function isScrubbed(v: Json | LeftOut): boolean {
  return typeof v === 'string' && v.length > 0 && mask.test(v);
}

/** An object of a payload, or none. */
export function objectOf(v: Json | undefined): { [key: string]: Json } {
  return typeof v === 'object' && v !== null && !Array.isArray(v) && !isLeftOut(v) ? v : {};
}

/** A scalar of a payload as text. */
export function textOf(v: Json | undefined): string {
  return v === null || v === undefined || typeof v === 'object' ? '' : String(v);
}

/** The members of an object under their paths with dots, at most so many. */
export function flattened(v: Json, limit = 400): [string, Json][] {
  const out: [string, Json][] = [];
  const walk = (x: Json, path: string, depth: number): void => {
    if (out.length >= limit) return;
    if (x !== null && typeof x === 'object' && !Array.isArray(x) && !isLeftOut(x) && depth < 8 && Object.keys(x).length > 0) {
      for (const [name, y] of Object.entries(x)) walk(y, path === '' ? name : `${path}.${name}`, depth + 1);
    } else if (path !== '') out.push([path, x]);
  };
  walk(v, '', 0);
  return out;
}
