import './query.css';
import './clauses.css';
import './charts.css';
import './results.css';
import './raw.css';
import './lines.css';

import { useEffect, useMemo } from 'react';

import type { Start } from '../../api/types';
import { go, here, useAddress } from '../../app/location';
import { Asked } from './Asked';
import { RetainedProvider } from '../../app/retained';
import { every, useDatasets, useFields, useRetainedOf } from './data';
import { Kept } from './Kept';
import { decode, pathOf } from './url';

/** Asks anything of the events, over any field, and shows it as charts and a table. */
export default function QueryPage({ path, start }: { path: string; start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const { dataset, result } = pathOf(path);
  const env = url.searchParams.get('env') ?? '';
  const datasets = useDatasets(env);
  const fields = useFields(env, dataset || every);
  useEffect(() => {
    document.title = `Query${dataset && dataset !== every ? ` ${dataset}` : ''} · Oriel`;
  }, [dataset]);
  const state = useMemo(() => decode(url.searchParams), [url.search]); // eslint-disable-line react-hooks/exhaustive-deps
  // Where there is sample data only, the shell names its environment first.
  const settled = start !== undefined && (env !== '' || start.environment !== start.sample.environment);
  // A first visit opens on what most questions begin with.
  useEffect(() => {
    if (path.startsWith('/r/') || (dataset !== '' && state.asked) || !fields || !settled) return;
    const heat = fields.some((f) => f.name === 'duration_ms') ? ['HEATMAP(duration_ms)'] : [];
    const to = new URLSearchParams(here().search);
    if (!state.asked) ['COUNT', ...heat].forEach((c) => to.append('calc', c));
    go(`/query/${encodeURIComponent(dataset || every)}?${to.toString()}`, true);
  }, [path, dataset, fields, settled, state.asked]);
  const retained = useRetainedOf(dataset, datasets);
  if (result) return <Kept id={result} env={env} state={state} start={start} />;
  if (dataset === '' || !state.asked) return <div className="page" aria-busy="true" />;
  return (
    <RetainedProvider value={retained}>
      <Asked key={`${env} ${dataset}`} {...{ dataset, env, state, start, fields, datasets }} />
    </RetainedProvider>
  );
}
