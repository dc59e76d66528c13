import { useEffect, useMemo, useState } from 'react';

import { get } from '../../../api/client';
import { useLoad } from '../../../api/useLoad';
import type { Help, Known, KnownField } from '../../../query/insights/complete';

/** Stored fields that CloudWatch's own names stand for, or that say how a line came. */
const plumbing = /^(?:body|log\.(?:group|stream)|flags|severity_code|severity_text|meta\.\w+|_.*)$/;

/** Commands, functions and the fields of the chosen groups, for completion and help. */
export function useKnown(env: string, groups: readonly string[]): Known {
  const help = useLoad('insights help', (signal) => get<{ commands: Help[]; functions: Help[] }>('insights/complete', {}, signal)).data;
  const dataset = groups.length > 0 ? groups.join(',') : '__all__';
  const fields = useLoad(`insights fields ${env} ${dataset}`, (signal) =>
    get<{ fields: (KnownField & { hidden?: boolean })[] | null }>('fields', { dataset }, signal).then(
      (r) => (r.fields ?? []).filter((f) => !f.hidden && !plumbing.test(f.name)),
      () => [], // completion is a help only
    ),
  ).data;
  return useMemo(() => ({ commands: help?.commands ?? [], functions: help?.functions ?? [], fields: fields ?? [] }), [help, fields]);
}

export interface FieldValue {
  value: string | number | boolean;
  count: number;
  /** There may be more: not every row was counted. */
  atLeast: boolean;
}

/** Stored names of what CloudWatch calls otherwise. */
const storedName: Readonly<Record<string, string>> = { '@logStream': 'log.stream', '@log': 'log.group' };
const pause = 120;

/** The most frequent values of a field of log lines that begin with what is typed; none for an empty field. */
export function useValues(datasets: readonly string[], from: string, to: string, field: string, prefix: string): FieldValue[] {
  const [found, setFound] = useState<{ field: string; list: FieldValue[] }>({ field: '', list: [] });
  const dataset = datasets.length > 0 ? datasets.join(',') : '__all__';
  useEffect(() => {
    if (field === '' || field === '@message' || field === '@timestamp') return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<{ values: Omit<FieldValue, 'atLeast'>[] | null; exact: boolean }>(
        'values',
        { field: storedName[field] ?? field, dataset, q: 'meta.signal_type = "log"', prefix, limit: '20', from, to },
        abort.signal,
      ).then(
        ({ values, exact }) => setFound({ field, list: (values ?? []).map((v) => ({ ...v, atLeast: !exact })) }),
        () => undefined, // completion is a help only
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [dataset, from, to, field, prefix]);
  return useMemo(() => {
    const p = prefix.toLowerCase();
    return found.field === field ? found.list.filter((v) => String(v.value).toLowerCase().startsWith(p)) : [];
  }, [found, field, prefix]);
}
