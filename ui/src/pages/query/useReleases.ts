import { useEffect, useMemo, useState } from 'react';

import { stream } from '../../api/client';
import type { Start } from '../../api/types';
import type { Marker } from '../../charts/markers';
import type { Field } from '../../query/complete';
import { empty, type Question } from '../../query/question';
import { askBody, spanOf } from './data';
import type { Answer, Result } from './result';

/** Fields that hold a version, by what sends them; the first that a dataset has counts. */
const versions = ['service.version', 'app.version', 'code_version'];
const mostGroups = 200;
/** In more, every line would be one among many. */
const mostLines = 30;

/**
 * Versions that began within the time of an answer: those that some of a
 * service's events have from a moment on, and none before, though there were some.
 * Times count from a base in ns.
 */
export function releasesOf(result: Result, base: string, slots: ReadonlyMap<string, number>): Marker[] {
  const series = result.series;
  if (!series) return [];
  const offset = Number(BigInt(series.start) - BigInt(base));
  const first = new Map<string, number>();
  const found = series.groups.flatMap(({ key, values }) => {
    const at = (values.COUNT ?? []).findIndex((n) => n !== null && n > 0);
    const [service, version] = [String(key[0] ?? ''), key[1] ?? null];
    if (at < 0) return [];
    first.set(service, Math.min(first.get(service) ?? Infinity, at));
    return version === null ? [] : [{ service, version: String(version), at }];
  });
  return found
    .filter((f) => f.at > first.get(f.service)!)
    .slice(0, mostLines)
    .map((f) => {
      const from = offset + f.at * series.step;
      return {
        id: `release ${f.service} ${f.version}`,
        from,
        to: from,
        label: `${f.service} ${f.version}`.trim(),
        color: '',
        found: { slot: slots.get(f.service) ?? 0 },
      };
    });
}

/** Releases that the events themselves tell of, for the time of an answer. */
function useReleases(
  dataset: string,
  fields: Field[] | undefined,
  answer: Answer | undefined,
  slots: ReadonlyMap<string, number>,
): Marker[] {
  const [found, setFound] = useState<{ key: string; list: Marker[] }>({ key: '', list: [] });
  const version = versions.find((v) => fields?.some((f) => f.name === v));
  const { start, end, series } = answer?.result ?? {};
  const key = version && start && end && series ? JSON.stringify([dataset, version, start, end, series.step]) : '';
  useEffect(() => {
    if (key === '') return;
    const abort = new AbortController();
    const q: Question = {
      ...empty(),
      calcs: [{ op: 'COUNT' }],
      by: ['service.name', version!],
      limit: mostGroups,
      step: series!.step / 1e9,
    };
    stream<{ type: string; result?: Result }>(
      'query',
      { ...askBody(dataset, q, spanOf(start!, end!, 0)), series: true, quiet: true },
      (line) => line.result && setFound({ key, list: releasesOf(line.result, start!, slots) }),
      abort.signal,
    ).catch(() => undefined); // the charts are there without
    return () => abort.abort();
    // The key says all that the question depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return found.key === key ? found.list : none;
}

/** What all charts show: what somebody told of, and what the events tell themselves. */
export function useDrawn(
  dataset: string,
  fields: Field[] | undefined,
  answer: Answer | undefined,
  start: Start | undefined,
  told: Marker[],
): Marker[] {
  const slots = useMemo(() => new Map(start?.services.map((s) => [s.name, s.slot])), [start]);
  const found = useReleases(dataset, fields, answer, slots);
  return useMemo(() => [...told, ...found], [told, found]);
}

export const none: Marker[] = [];
