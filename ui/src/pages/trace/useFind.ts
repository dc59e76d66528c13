import { useMemo } from 'react';

import { get } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import { find } from '../../charts/find';
import type { TraceModel } from '../../charts/model';
import { conditionOf } from './condition';

export interface Finding {
  matches: Uint8Array | undefined;
  /** What is wrong with the term. */
  problem: string;
}

/** Finds spans: by what the page knows of all of them at once, by other fields with the server's help. */
export function useFind(trace: TraceModel, term: string, keepClocks: boolean): Finding {
  const condition = conditionOf(term);
  const local = useMemo(() => (condition === undefined ? find(trace, term) : undefined), [trace, term, condition]);
  const key = condition === undefined ? '' : `match ${trace.id} ${trace.count} ${keepClocks} ${condition}`;
  const asked = useLoad(key, async (signal) => {
    if (condition === undefined) return { key: '', spans: [] };
    const skew = keepClocks ? 'off' : undefined;
    const answer = await get<{ spans: number[] | null }>(`trace/${encodeURIComponent(trace.id)}/match`, { q: condition, skew }, signal);
    return { key, spans: answer.spans ?? [] };
  });
  const remote = useMemo(() => {
    const out = new Uint8Array(trace.count);
    for (const i of asked.data?.spans ?? []) if (i >= 0 && i < out.length) out[i] = 1;
    return out;
  }, [trace, asked.data]);
  if (condition === undefined) return { matches: local, problem: '' };
  const current = asked.data?.key === key;
  return { matches: current ? remote : undefined, problem: asked.error && !current ? asked.error.message : '' };
}
