import { useRef, useState } from 'react';

import { offset, usePrefs } from '../app/prefs';
import { clock, day } from '../time/format';
import { change, parseRange, presets, resolve, type Range } from '../time/range';
import { Menu } from './Menu';

interface Props {
  range: Range;
  onChange: (r: Range) => void;
}

const words: Record<string, string> = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' };

/** A length as words: Last 15 minutes. */
function lastWords(length: string): string {
  const n = length.slice(0, -1);
  const unit = words[length.slice(-1)] ?? '';
  return `Last ${n} ${n === '1' ? unit.slice(0, -1) : unit}`;
}

/** A field that shows the range and takes any way of writing one; beside it what moves and changes it. */
export function TimePicker({ range, onChange }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [bad, setBad] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const relative = range.to === 'now' && range.from.startsWith('now-');
  const [from, to] = resolve(range, Date.now());
  const days = day(from, utc) === day(to, utc) ? '' : `${day(to, utc)} `;
  const exact = `${day(from, utc)} ${clock(from, utc)} to ${days}${clock(to, utc)}`;
  const text = relative ? lastWords(range.from.slice(4)) : exact;
  const apply = (): void => {
    const r = parseRange(input.current!.value, Date.now());
    setBad(!r);
    if (r) onChange(r);
  };
  return (
    <div className="timepicker" role="group" aria-label="Time range">
      <div className="views">
        <button
          type="button"
          className="btn small"
          aria-label="Earlier"
          title="Earlier (,)"
          onClick={() => onChange(change(range, Date.now(), { shift: -0.5 }))}
        >
          ‹
        </button>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            if (input.current!.value !== text) apply();
          }}
        >
          <input
            key={text}
            ref={input}
            className={bad ? 'input small bad' : 'input small'}
            size={Math.max(text.length, 15)}
            defaultValue={text}
            aria-label="Time range"
            aria-invalid={bad}
            title={`${exact} ${offset(utc)}\nWrite 15m, last 3 days, 14:00-14:30, 2026-11-24 09:00 to 2026-11-24 10:00 or epoch times (t)`}
            onFocus={(e) => e.currentTarget.select()}
            onKeyDown={(e) => {
              if (e.key !== 'Escape') return;
              e.currentTarget.value = text;
              setBad(false);
              e.currentTarget.blur();
            }}
          />
        </form>
        <Menu
          className="btn small"
          name="Ranges"
          label="▾"
          items={presets.map((p) => ({
            label: lastWords(p),
            checked: range.from === `now-${p}` && relative,
            run: () => onChange({ from: `now-${p}`, to: 'now' }),
          }))}
        />
        <button
          type="button"
          className="btn small"
          aria-label="Later"
          title="Later (.)"
          disabled={relative}
          onClick={() => onChange(change(range, Date.now(), { shift: 0.5 }))}
        >
          ›
        </button>
        <button
          type="button"
          className="btn small"
          aria-label="Zoom out"
          title="Twice the time (-)"
          onClick={() => onChange(change(range, Date.now(), { grow: 2 }))}
        >
          −
        </button>
      </div>
      {bad && (
        <span className="error-text" role="alert">
          not a time range
        </span>
      )}
    </div>
  );
}
