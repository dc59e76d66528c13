import { useLayoutEffect, useRef, useState } from 'react';

import { useKeys } from '../app/keys';
import { later } from '../app/later';
import { offset, usePrefs } from '../app/prefs';
import { beginsBefore, keptWords, useRetained, type Retained } from '../app/retained';
import { clock, day } from '../time/format';
import { change, parseRange, presets, resolve, type Range } from '../time/range';
import { RangeHistory } from '../time/rangeHistory';
import { Menu, type MenuItem } from './Menu';

const Calendar = later(() => import('./Calendar'));

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

/** One for all pages: undo also returns to what another page showed. */
const visited = new RangeHistory();

/** A range as words, or as its bounds. */
function rangeWords(r: Range, utc: boolean): string {
  if (r.to === 'now' && r.from.startsWith('now-')) return lastWords(r.from.slice(4));
  const [from, to] = resolve(r, Date.now());
  const days = day(from, utc) === day(to, utc) ? '' : `${day(to, utc)} `;
  return `${day(from, utc)} ${clock(from, utc)} to ${days}${clock(to, utc)}`;
}

/** A field that shows the range and takes any way of writing one; beside it what moves and changes it. */
export function TimePicker({ range, onChange }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [bad, setBad] = useState(false);
  const [calendar, setCalendar] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const retained = useRetained();
  const relative = range.to === 'now' && range.from.startsWith('now-');
  const [from, to] = resolve(range, Date.now());
  const exact = rangeWords({ from: `${from}000000`, to: `${to}000000` }, utc);
  const text = rangeWords(range, utc);
  // Before the next key is heard: a range noted late would look like a new one.
  const { from: noteFrom, to: noteTo } = range;
  useLayoutEffect(() => visited.visit({ from: noteFrom, to: noteTo }), [noteFrom, noteTo]);
  const by = (change_: { shift?: number; grow?: number }) => (): void => onChange(change(range, Date.now(), change_));
  const take = (r: Range | undefined): void => r && onChange(r);
  useKeys('Time', {
    t: ['time range', () => input.current?.focus()],
    '-': ['look at twice the time', by({ grow: 2 })],
    '=': ['look at half the time', by({ grow: 0.5 })],
    ',': ['earlier', by({ shift: -0.5 })],
    '.': ['later', by({ shift: 0.5 })],
    '[': ['back to the range before', () => take(visited.undo())],
    ']': ['forward to the range after', () => take(visited.redo())],
  });
  const apply = (): void => {
    const r = parseRange(input.current!.value, Date.now(), utc);
    setBad(!r);
    if (r) onChange(r);
  };
  return (
    <div className="timepicker" role="group" aria-label="Time range">
      <div className="views">
        <button type="button" className="btn small" aria-label="Earlier" title="Earlier (,)" onClick={by({ shift: -0.5 })}>
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
            title={`${exact} ${offset(utc)}\nWrite 15m, last 3 days, 14:00-14:30, yesterday 9am to 11am, 2026-11-24 09:00 to 10:00 or epoch times (t)`}
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
          items={() => items(range, relative, utc, retained, onChange, () => setCalendar(true))}
        />
        <button type="button" className="btn small" aria-label="Later" title="Later (.)" disabled={relative} onClick={by({ shift: 0.5 })}>
          ›
        </button>
        <button type="button" className="btn small" aria-label="Zoom out" title="Twice the time (-)" onClick={by({ grow: 2 })}>
          −
        </button>
        <button
          type="button"
          className="btn small"
          aria-label="Range before"
          title="Back to the range before ([)"
          onClick={() => take(visited.undo())}
        >
          ↶
        </button>
      </div>
      {calendar && <Calendar range={range} utc={utc} retained={retained} onPick={onChange} onClose={() => setCalendar(false)} />}
      {bad && (
        <span className="error-text" role="alert">
          not a time range
        </span>
      )}
    </div>
  );
}

/** What to say of a range that begins before what is kept. */
function beyondKept(r: Range, retained: Retained): string | undefined {
  const now = Date.now();
  return beginsBefore(retained, resolve(r, now)[0], now) ? `kept: ${keptWords(retained)}` : undefined;
}

function items(
  range: Range,
  relative: boolean,
  utc: boolean,
  retained: Retained,
  onChange: (r: Range) => void,
  onCalendar: () => void,
): MenuItem[] {
  const recent = visited.recent(5).filter((r) => !presets.includes(r.from.slice(4)));
  return [
    ...presets.map((p) => ({
      label: lastWords(p),
      checked: range.from === `now-${p}` && relative,
      faint: beyondKept({ from: `now-${p}`, to: 'now' }, retained),
      run: () => onChange({ from: `now-${p}`, to: 'now' }),
    })),
    { label: 'Calendar…', run: onCalendar },
    ...(recent.length > 0 ? [{ label: 'Recent', run: () => undefined, head: true }] : []),
    ...recent.map((r) => ({ label: rangeWords(r, utc), checked: false, faint: beyondKept(r, retained), run: () => onChange(r) })),
  ];
}
