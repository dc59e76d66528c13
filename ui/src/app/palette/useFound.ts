import { useEffect, useState } from 'react';

import { get, whyOf } from '../../api/client';
import type { ErrorItem } from '../../api/errors';
import type { Found } from '../../api/types';
import { ago, count, momentMs } from '../../time/format';
import { around } from '../../time/range';
import { idIn, linkIn, looksLikeId, mayBeId, normalId } from '../foreign';
import type { Item } from './items';

export interface Looked {
  items: Item[];
  /** What there is to say instead of items. */
  said: string;
  looking: boolean;
}

const nothing: Looked = { items: [], said: '', looking: false };
const waitMs = 120;

/** Looks what is typed up on the server: ids of traces and spans, items of errors. */
export function useFound(text: string): Looked {
  const spans = useSpans(text);
  const errors = useErrors(text);
  return {
    items: [...spans.items, ...errors.items],
    said: spans.items.length + errors.items.length > 0 ? '' : spans.said || errors.said, // a trace's id may be a uuid, too
    looking: spans.looking || errors.looking,
  };
}

/** What a text asks for among errors: an item's number, the uuid of an occurrence, or words of a title. */
export function askedOfErrors(text: string): Record<string, string> | undefined {
  const t = idIn(text);
  if (/^#?\d{1,12}$/.test(t)) return { q: `#${t.replace('#', '')}` };
  if (/^#.{2,}/.test(t)) return { q: t.slice(1) };
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$|^[0-9a-f]{32}$/i.test(t)) return { uuid: t };
  return /^[>@]/.test(t) || looksLikeId(t) || t.length < 3 || /[=<>]|^https?:/i.test(t) ? undefined : { q: t };
}

/** Looks items up on the server while their number, uuid or title is typed. */
function useErrors(text: string): Looked {
  const [state, setState] = useState<Looked & { of: string }>({ ...nothing, of: '' });
  const asked = askedOfErrors(text);
  const key = asked ? JSON.stringify(asked) : '';
  const byName = key !== '' && !asked?.q?.startsWith('#') && asked?.uuid === undefined && !text.trim().startsWith('#');
  useEffect(() => {
    if (key === '') return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<{ found: FoundError[] }>('errors/find', JSON.parse(key) as Record<string, string>, abort.signal).then(
        ({ found }) =>
          setState({
            of: text,
            items: found.map(errorOf),
            said: byName || found.length > 0 ? '' : 'No item is called that',
            looking: false,
          }),
        () => {
          if (!abort.signal.aborted) setState({ of: text, ...nothing });
        },
      );
    }, waitMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, text, byName]);
  if (key === '') return nothing;
  // Titles join when they are there; nobody waits for them.
  return state.of === text ? state : { ...nothing, looking: !byName };
}

interface FoundError {
  item: ErrorItem;
  occurrence?: string;
  env: string;
}

function errorOf(f: FoundError): Item {
  const { item } = f;
  return {
    id: `error ${item.id} ${f.occurrence ?? ''}`,
    group: 'Found',
    title: `#${item.counter} ${item.title.slice(0, 120)}`,
    more: [
      f.occurrence ? 'occurrence' : 'error',
      item.status,
      `${count(item.total)} times`,
      item.last && ago(Date.now() - momentMs(item.last)),
      item.environment,
    ]
      .filter(Boolean)
      .join(' · '),
    to: `/errors/${item.id}${f.occurrence ? `/${f.occurrence}` : ''}?env=${encodeURIComponent(f.env)}`,
  };
}

/** Looks traces, spans, lines, requests and people up. */
function useSpans(text: string): Looked {
  const [state, setState] = useState<Looked & { of: string }>({ ...nothing, of: '' });
  const sure = looksLikeId(text);
  const wanted = sure || (mayBeId(text) && !/^[>@#]/.test(text.trim()));
  useEffect(() => {
    if (!wanted) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<{ found: Found[] | null }>('find', { id: normalId(text) }, abort.signal).then(
        ({ found }) => {
          const items = (found ?? []).map((f) => itemOf(f, text));
          setState({ of: text, items, said: items.length > 0 || !sure ? '' : saidOfNothing(text), looking: false });
        },
        (e: unknown) => {
          if (abort.signal.aborted) return;
          const said = whyOf(e);
          setState({ of: text, items: [], said: sure ? said : '', looking: false });
        },
      );
    }, waitMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, wanted, sure]);
  if (!wanted) return nothing;
  // A word may be a person's id: what is found joins, nobody waits for it.
  return state.of === text ? state : sure ? { items: [], said: 'Looking…', looking: true } : nothing;
}

function saidOfNothing(text: string): string {
  return /^\d{56}$/.test(idIn(text)) || idIn(text).length > 56 ? 'No log line has this id' : 'No trace or span has this id';
}

/** Where a thing that was found is seen. */
export function placeOf(f: Found): string {
  const trace = `/trace/${encodeURIComponent(f.trace_id ?? '')}`;
  switch (f.kind) {
    case 'trace':
      return trace;
    case 'line':
      return lineAt(f);
    case 'occurrence':
      return `/errors/${f.item}/${f.occurrence}`;
    case 'person':
      return `/traces?q=${encodeURIComponent(`${f.field} = ${JSON.stringify(f.value)}`)}&from=now-7d&to=now`;
    case 'result':
      return `/r/${f.result}`;
    case 'query':
      return `/query/${encodeURIComponent(f.dataset ?? '')}?${new URLSearchParams({ query: JSON.stringify(f.query) }).toString()}`;
    case 'span':
    case 'request':
      if (!f.trace_id) return f.line ? lineAt(f) : `/query/${encodeURIComponent(f.dataset ?? '')}`;
      return f.span_id ? `${trace}?span=${encodeURIComponent(f.span_id)}` : trace;
  }
}

/** The line among those a minute before and after it. */
function lineAt(f: Found): string {
  const p = new URLSearchParams({ ...around(f.at, 60_000), line: f.line ?? '', at: f.line ?? '' });
  if (f.dataset) p.set('group', f.dataset);
  return `/logs?${p.toString()}`;
}

const kinds: Record<Found['kind'], string> = {
  trace: 'trace',
  span: 'span',
  line: 'log line',
  request: 'request',
  person: 'person',
  occurrence: 'occurrence of an error',
  result: 'result of a query',
  query: 'saved query',
};

function itemOf(f: Found, text: string): Item {
  const link = linkIn(text);
  // The environment is the one where it was found, whatever a link of another tool calls it.
  const to = new URL(link?.startsWith('/trace/') && f.kind === 'trace' ? link : placeOf(f), 'http://here');
  to.searchParams.set('env', f.environment);
  const name = f.kind === 'person' ? `${f.field} ${f.value}` : `${f.service} ${f.name}`.trim();
  return {
    id: `found ${f.environment} ${f.kind} ${f.trace_id ?? ''} ${f.span_id ?? ''} ${f.line ?? ''} ${f.occurrence ?? ''} ${f.result ?? ''}`,
    group: 'Found',
    title: name || f.trace_id || f.at,
    more: [
      kinds[f.kind],
      f.kind === 'trace' ? `${count(f.spans)} spans` : '',
      f.kind === 'person' && 'last seen',
      ago(Date.now() - momentMs(f.at)),
      f.environment,
    ]
      .filter(Boolean)
      .join(' · '),
    to: to.pathname + to.search,
  };
}
