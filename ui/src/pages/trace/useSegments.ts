import { get } from '../../api/client';
import { useLoad, type Loaded } from '../../api/useLoad';
import type { Segments } from './xray';

/** The trace as X-Ray has it; spans says that more of it may have come. */
export function useSegments(id: string, spans: number): Loaded<Segments> {
  return useLoad(`segments ${id} ${spans}`, (signal) => get<Segments>(`trace/${encodeURIComponent(id)}/segments`, {}, signal));
}
