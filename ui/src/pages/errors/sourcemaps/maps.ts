// Source maps as the server lists them, and what is read off a file before it is sent.

export interface SourceMap {
  id: number;
  version: string;
  /** Without scheme. */
  minified_url: string;
  variant: string;
  bytes: number;
  sources: number;
  debug_id: string;
  /** Why there is no map; '' if there is one. */
  code: string;
  problem: string;
  uploaded: string;
  /** When it last resolved a frame, '0' for never. */
  matched: string;
  matched_by: string;
}

export interface Resolved {
  code: string;
  reason: string;
  file?: string;
  line?: number;
  column?: number;
  method?: string;
  text?: string;
  pre?: string[];
  post?: string[];
  map_url?: string;
  match?: string;
  version?: string;
  guessed?: boolean;
}

/** The maps of each version, in the order in which they come. */
export function byVersion(maps: readonly SourceMap[]): [version: string, maps: SourceMap[]][] {
  const out = new Map<string, SourceMap[]>();
  for (const m of maps) {
    const list = out.get(m.version);
    if (list) list.push(m);
    else out.set(m.version, [m]);
  }
  return [...out];
}

/** The address of the minified file that a map is of: below a prefix, by the map's own word or its name. */
export function urlFor(prefix: string, name: string, file: string | undefined): string {
  const minified = file?.trim() || name.replace(/\.map$/i, '');
  if (/^(?:[a-z]+:)?\/\//i.test(minified)) return minified;
  const base = prefix.trim();
  if (base === '') return minified;
  return `${base.replace(/\/+$/, '')}/${minified.replace(/^(?:\.?\/)+/, '')}`;
}

/** What a map says about itself, or why it is none. */
export function readMap(text: string): { file: string | undefined; sources: number; withTexts: boolean } | { problem: string } {
  let map: unknown;
  try {
    map = JSON.parse(text.replace(/^\)\]\}'.*\n/, ''));
  } catch {
    return { problem: 'it is not JSON' };
  }
  const m = map as { version?: unknown; file?: unknown; sources?: unknown; sections?: unknown; sourcesContent?: unknown } | null;
  if (typeof m !== 'object' || m === null || (!Array.isArray(m.sources) && !Array.isArray(m.sections))) {
    return { problem: 'it has no sources: it is no source map' };
  }
  const sources = Array.isArray(m.sources) ? m.sources.length : 0;
  return {
    file: typeof m.file === 'string' && m.file !== '' ? m.file : undefined,
    sources,
    withTexts: Array.isArray(m.sections) || (Array.isArray(m.sourcesContent) && m.sourcesContent.some((t) => typeof t === 'string')),
  };
}

/** A frame as stack traces print it: "at pay (https://a.example/app.min.js:1:2034)", "pay@…:1:20", "app.min.js:1:20". */
export function frameOf(text: string): { file: string; line: number; column: number; method: string } | undefined {
  const t = text.trim();
  const m = /^(?:at\s+)?(?:async\s+)?(?:(.*?)\s*[(@]\s*)?([^()\s]+?):(\d{1,9})(?::(\d{1,9}))?\)?$/.exec(t);
  if (!m) return undefined;
  return { method: (m[1] ?? '').trim(), file: m[2]!, line: Number(m[3]), column: m[4] === undefined ? -1 : Number(m[4]) };
}

const matchWords: Readonly<Record<string, string>> = {
  url: 'its address',
  'url without query': 'its address without the query',
  'dynamic host': 'its path below //dynamichost',
  path: 'its path, whatever the host',
  name: 'its name alone',
  'debug id': 'its debug id',
};

/** How a map was found, for people. */
export const matchedBy = (by: string): string => matchWords[by] ?? by;
