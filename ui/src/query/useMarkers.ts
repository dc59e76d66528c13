import { useMemo } from 'react';

import { useLoad } from '../api/useLoad';
import { here } from '../app/location';
import type { Marker } from '../charts/markers';
import { drawnFrom, loadMarkers } from './markers';

const none: Marker[] = [];

/** Deploys and other markers of the whole environment, as charts draw them from a base in ns. */
export function useMarkers(base: string | undefined): Marker[] {
  const { data } = useLoad(`markers of all ${here().searchParams.get('env') ?? ''}`, (signal) => loadMarkers('__all__', signal));
  return useMemo(() => (data && base !== undefined ? drawnFrom(base, data) : none), [data, base]);
}
