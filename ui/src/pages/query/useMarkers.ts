import { useCallback, useMemo, useState } from 'react';

import { honeycomb } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import type { Marker } from '../../charts/markers';
import { every } from './data';
import type { Answer } from './result';

/** As Honeycomb's API has it; times are Unix seconds. */
interface Stored {
  id: string;
  start_time: number;
  end_time?: number;
  message?: string;
  type?: string;
  url?: string;
  color?: string;
}

/** Markers of the dataset and of the whole environment, as the charts draw them. */
export function useMarkers(
  env: string,
  dataset: string,
  answer: Answer | undefined,
): { list: Marker[]; add: (atNs: bigint, message: string, type: string) => Promise<void> } {
  const [turn, setTurn] = useState(0);
  const { data } = useLoad(`markers ${env} ${dataset} ${turn}`, async (signal) => {
    // A server without markers has charts all the same.
    const of = (name: string): Promise<Stored[]> =>
      honeycomb<Stored[] | null>(`markers/${encodeURIComponent(name)}`, undefined, signal).then(
        (l) => l ?? [],
        () => [],
      );
    const [all, own] = await Promise.all([of(every), dataset === every ? [] : of(dataset)]);
    return [...new Map([...all, ...own].map((m) => [m.id, m])).values()];
  });
  const start = answer?.result.start;
  const list = useMemo(() => {
    if (!data || start === undefined) return [];
    const ns = (s: number): number => Number(BigInt(Math.round(s * 1000)) * 1_000_000n - BigInt(start));
    return data.map((m): Marker => ({
      id: m.id,
      from: ns(m.start_time),
      to: ns(m.end_time || m.start_time),
      label: [m.type, m.message].filter(Boolean).join(': ') || 'marker',
      color: /^#[0-9a-f]{3,8}$/i.test(m.color ?? '') ? m.color! : '',
    }));
  }, [data, start]);
  const add = useCallback(
    async (atNs: bigint, message: string, type: string): Promise<void> => {
      await honeycomb(`markers/${encodeURIComponent(dataset)}`, {
        start_time: Number(atNs / 1_000_000_000n),
        message,
        ...(type && { type }),
      });
      setTurn((n) => n + 1);
    },
    [dataset],
  );
  return { list, add };
}
