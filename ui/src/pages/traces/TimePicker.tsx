import { useRef, useState } from 'react';

import { usePrefs } from '../../app/prefs';
import { clock, day } from '../../time/format';
import { parseRange, presets, resolve, type Range } from '../../time/range';

interface Props { range: Range; onChange: (r: Range) => void }

/** A field that shows the range and takes any way of writing one, and presets. */
export function TimePicker({ range, onChange }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [bad, setBad] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const relative = range.to === 'now' && range.from.startsWith('now-');
  const [from, to] = resolve(range, Date.now());
  const text = relative ? `Last ${range.from.slice(4)}` : `${day(from, utc)} ${clock(from, utc)} to ${day(to, utc) === day(from, utc) ? '' : day(to, utc) + ' '}${clock(to, utc)}`;
  const shift = (by: number): void => {
    const d = (to - from) * by;
    onChange({ from: `${Math.round(from + d)}000000`, to: `${Math.round(to + d)}000000` });
  };
  return (
    <div className="row timepicker" role="group" aria-label="Time range">
      <button type="button" className="btn small bare" aria-label="Earlier" onClick={() => shift(-0.5)}>
        ‹
      </button>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          const r = parseRange(input.current!.value, Date.now());
          setBad(!r);
          if (r) onChange(r);
        }}
      >
        <input
          key={text}
          ref={input}
          className={bad ? 'input bad' : 'input'}
          defaultValue={text}
          aria-label="Time range"
          aria-invalid={bad}
          title="15m, last 3 days, 14:00-14:30, 2026-11-24 09:00 to 2026-11-24 10:00, epoch times"
          onFocus={(e) => e.currentTarget.select()}
        />
      </form>
      <button type="button" className="btn small bare" aria-label="Later" disabled={relative} onClick={() => shift(0.5)}>
        ›
      </button>
      {presets.slice(0, 7).map((p) => (
        <button key={p} type="button" className="btn small bare" aria-pressed={relative && range.from === `now-${p}`} onClick={() => onChange({ from: `now-${p}`, to: 'now' })}>
          {p}
        </button>
      ))}
    </div>
  );
}
