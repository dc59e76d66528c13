import { useSyncExternalStore } from 'react';

import type { Draft } from '../draft';

const stepChoices: [label: string, seconds: number | undefined][] = [
  ['auto', undefined],
  ['1 s', 1],
  ['5 s', 5],
  ['10 s', 10],
  ['30 s', 30],
  ['1 min', 60],
  ['5 min', 300],
  ['15 min', 900],
  ['1 h', 3600],
  ['6 h', 21600],
  ['1 d', 86400],
];

/** How long a point of the charts is. */
export function Granularity({ draft, onRun }: { draft: Draft; onRun: () => void }): React.ReactElement {
  const q = useSyncExternalStore(draft.subscribe, draft.get);
  const known = stepChoices.some(([, s]) => s === q.step);
  return (
    <label className="pair">
      <span className="muted">each</span>
      <select
        className="input small"
        aria-label="Granularity"
        value={q.step ?? ''}
        onChange={(e) => {
          draft.set({ ...draft.get(), step: e.target.value === '' ? undefined : Number(e.target.value) });
          onRun();
        }}
      >
        {stepChoices.map(([label, s]) => (
          <option key={label} value={s ?? ''}>
            {label}
          </option>
        ))}
        {!known && <option value={q.step}>{q.step} s</option>}
      </select>
    </label>
  );
}
