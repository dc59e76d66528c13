import { useMemo } from 'react';

import { honeycomb } from '../api/client';
import { useLoad } from '../api/useLoad';
import type { Marker } from '../charts/markers';

/** As Honeycomb's API has it; times are Unix seconds. */
interface Stored {
  id: string;
  start_time: number;
  end_time?: number;
  message?: string;
  type?: string;
  color?: string;
}

const none: Marker[] = [];

/** Deploys and other markers of the whole environment, as charts draw them from a base in ns. */
export function useMarkers(base: string | undefined): Marker[] {
  // A server without markers has charts all the same.
  const { data } = useLoad('markers of all', (signal) =>
    honeycomb<Stored[] | null>('markers/__all__', undefined, signal).then(
      (l) => l ?? [],
      () => [],
    ),
  );
  return useMemo(() => {
    if (!data || base === undefined) return none;
    const ns = (s: number): number => Number(BigInt(Math.round(s * 1000)) * 1_000_000n - BigInt(base));
    return data.map((m): Marker => ({
      id: m.id,
      from: ns(m.start_time),
      to: ns(m.end_time || m.start_time),
      label: [m.type, m.message].filter(Boolean).join(': ') || 'marker',
      color: /^#[0-9a-f]{3,8}$/i.test(m.color ?? '') ? m.color! : '',
    }));
  }, [data, base]);
}
