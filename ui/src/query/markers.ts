// Markers as Honeycomb's API has them, and as charts draw them.
import { honeycomb } from '../api/client';
import type { Marker } from '../charts/markers';

/** Times are Unix seconds. The colour is that of its type, by the marker settings. */
export interface StoredMarker {
  id: string;
  start_time: number;
  end_time?: number;
  message?: string;
  type?: string;
  url?: string;
  color?: string;
}

/** Those of a dataset, or of the whole environment under __all__; a server without markers has charts all the same. */
export function loadMarkers(dataset: string, signal: AbortSignal): Promise<StoredMarker[]> {
  return honeycomb<StoredMarker[] | null>(`markers/${encodeURIComponent(dataset)}`, undefined, signal).then(
    (l) => l ?? [],
    () => [],
  );
}

/** For a chart whose time counts from a base in ns. */
export function drawnFrom(base: string, list: readonly StoredMarker[]): Marker[] {
  const ns = (s: number): number => Number(BigInt(Math.round(s * 1000)) * 1_000_000n - BigInt(base));
  return list.map((m) => ({
    id: m.id,
    from: ns(m.start_time),
    to: ns(m.end_time || m.start_time),
    label: [m.type, m.message].filter(Boolean).join(': ') || 'marker',
    color: /^#[0-9a-f]{3,8}$/i.test(m.color ?? '') ? m.color! : '',
  }));
}

/** An address that a click may open: what people write is not trusted. */
export function safeLink(url: string | undefined): string | undefined {
  return url && /^https?:\/\/\S+$/i.test(url) ? url : undefined;
}
