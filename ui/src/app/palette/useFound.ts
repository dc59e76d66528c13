import { useEffect, useState } from 'react';

import { ApiError, get } from '../../api/client';
import type { Found } from '../../api/types';
import { ago, count, momentMs } from '../../time/format';
import { linkIn, looksLikeId, normalId } from '../foreign';
import type { Item } from './items';

export interface Looked {
  items: Item[];
  /** What there is to say instead of items. */
  said: string;
  looking: boolean;
}

const nothing: Looked = { items: [], said: '', looking: false };
const waitMs = 120;

/** Looks an id up on the server while it is typed. */
export function useFound(text: string): Looked {
  const [state, setState] = useState<Looked & { of: string }>({ ...nothing, of: '' });
  const wanted = looksLikeId(text);
  useEffect(() => {
    if (!wanted) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<{ found: Found[] | null }>('find', { id: normalId(text) }, abort.signal).then(
        ({ found }) => {
          const items = (found ?? []).map((f) => itemOf(f, text));
          setState({ of: text, items, said: items.length > 0 ? '' : 'No trace or span has this id', looking: false });
        },
        (e: unknown) => {
          if (abort.signal.aborted) return;
          setState({ of: text, items: [], said: e instanceof ApiError ? e.message : 'The server can’t be reached', looking: false });
        },
      );
    }, waitMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, wanted]);
  if (!wanted) return nothing;
  return state.of === text ? state : { items: [], said: 'Looking…', looking: true };
}

function itemOf(f: Found, text: string): Item {
  const span = f.span_id ? `?span=${encodeURIComponent(f.span_id)}` : '';
  const link = linkIn(text);
  const env = new URLSearchParams({ env: f.environment }).toString();
  const to = link?.startsWith('/trace/') && !f.span_id ? link : `/trace/${encodeURIComponent(f.trace_id)}${span}`;
  return {
    id: `found ${f.environment} ${f.trace_id} ${f.span_id ?? ''}`,
    group: 'Found',
    title: `${f.service} ${f.name}`.trim() || f.trace_id,
    more: [f.kind, f.kind === 'trace' ? `${count(f.spans)} spans` : '', ago(Date.now() - momentMs(f.at)), f.environment]
      .filter(Boolean)
      .join(' · '),
    to: /[?&]env=/.test(to) ? to : `${to}${to.includes('?') ? '&' : '?'}${env}`,
  };
}
