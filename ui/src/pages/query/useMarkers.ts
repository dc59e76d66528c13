import { useCallback, useMemo, useState } from 'react';

import { honeycomb } from '../../api/client';
import { useLoad } from '../../api/useLoad';
import type { Marker } from '../../charts/markers';
import { drawnFrom, loadMarkers, type StoredMarker } from '../../query/markers';
import { every } from './data';
import type { Answer } from './result';

/** What is said of a marker; the colour is that of all of its type. */
export interface MarkerWords {
  message: string;
  type: string;
  url: string;
  /** Empty leaves it as it is. */
  color: string;
}

/** A marker with the dataset that it belongs to. */
export interface OwnMarker extends StoredMarker {
  scope: string;
}

export interface Markers {
  list: Marker[];
  stored: readonly OwnMarker[];
  add: (atNs: bigint, words: MarkerWords) => Promise<void>;
  change: (m: OwnMarker, words: MarkerWords) => Promise<void>;
  remove: (m: OwnMarker) => Promise<void>;
}

const none: OwnMarker[] = [];

/** Markers of the dataset and of the whole environment, as the charts draw them. */
export function useMarkers(env: string, dataset: string, answer: Answer | undefined): Markers {
  const [turn, setTurn] = useState(0);
  const { data } = useLoad(`markers ${env} ${dataset} ${turn}`, async (signal) => {
    const of = async (scope: string): Promise<OwnMarker[]> => (await loadMarkers(scope, signal)).map((m) => ({ ...m, scope }));
    const [all, own] = await Promise.all([of(every), dataset === every ? [] : of(dataset)]);
    return [...new Map([...all, ...own].map((m) => [m.id, m])).values()];
  });
  const start = answer?.result.start;
  const list = useMemo(() => (data && start !== undefined ? drawnFrom(start, data) : []), [data, start]);
  const again = (): void => setTurn((n) => n + 1);
  const add = useCallback(
    async (atNs: bigint, { color, ...words }: MarkerWords): Promise<void> => {
      await honeycomb(`markers/${encodeURIComponent(dataset)}`, { start_time: Number(atNs / 1_000_000_000n), ...words });
      await colour(dataset, words.type, color);
      again();
    },
    [dataset],
  );
  const change = useCallback(async (m: OwnMarker, { color, ...words }: MarkerWords): Promise<void> => {
    await honeycomb(`markers/${encodeURIComponent(m.scope)}/${encodeURIComponent(m.id)}`, words, undefined, 'PUT');
    await colour(m.scope, words.type, color);
    again();
  }, []);
  const remove = useCallback(async (m: OwnMarker): Promise<void> => {
    await honeycomb(`markers/${encodeURIComponent(m.scope)}/${encodeURIComponent(m.id)}`, undefined, undefined, 'DELETE');
    again();
  }, []);
  return { list, stored: data ?? none, add, change, remove };
}

interface Setting {
  id: string;
  type: string;
  color: string;
}

/** Gives all markers of a type their colour. */
async function colour(scope: string, type: string, color: string): Promise<void> {
  if (color === '' || type === '') return;
  const to = `marker_settings/${encodeURIComponent(scope)}`;
  const known = ((await honeycomb<Setting[] | null>(to)) ?? []).find((s) => s.type === type);
  if (known?.color.toLowerCase() === color.toLowerCase()) return;
  if (known) await honeycomb(`${to}/${encodeURIComponent(known.id)}`, { type, color }, undefined, 'PUT');
  else await honeycomb(to, { type, color });
}
