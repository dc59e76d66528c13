import { useSyncExternalStore } from 'react';

import { compareOffsets } from '../../../query/question';
import { resolve, type Range } from '../../../time/range';
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

const compareNames = ['30 min', '1 h', '2 h', '8 h', '1 d', '7 d', '28 d', '182 d'];

/** The earlier time that is drawn beside it. */
export function CompareTo({ draft, range, onRun }: { draft: Draft; range: Range; onRun: () => void }): React.ReactElement {
  const q = useSyncExternalStore(draft.subscribe, draft.get);
  const [from, to] = resolve(range, Date.now());
  const length = Math.round((to - from) / 1000);
  return (
    <label className="pair">
      <span className="muted">compare</span>
      <select
        className="input small"
        aria-label="Compare to"
        value={q.compare ?? ''}
        onChange={(e) => {
          draft.set({ ...draft.get(), compare: e.target.value === '' ? undefined : Number(e.target.value) });
          onRun();
        }}
      >
        <option value="">off</option>
        {/* What overlaps the time itself is no earlier time. */}
        {compareOffsets.map((s, i) => (
          <option key={s} value={s} disabled={s < length}>
            {compareNames[i]} before{s === length ? ': the period before' : ''}
          </option>
        ))}
      </select>
    </label>
  );
}
