import { useEffect, useRef, useState } from 'react';

import { keptAt, keptWords, type Retained } from '../app/retained';
import { day } from '../time/format';
import { daysLater, monthName, monthOf, weeksOf, type Month } from '../time/months';
import { resolve, wholeDays, type Range } from '../time/range';
import { Dialog, DialogHead } from './Dialog';

interface Props {
  range: Range;
  utc: boolean;
  retained: Retained;
  onPick: (r: Range) => void;
  onClose: () => void;
}

const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** Two months, of which a person picks the first day and the last. Arrows move from day to day. */
export default function Calendar({ range, utc, retained, onPick, onClose }: Props): React.ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const [now] = useState(Date.now);
  const today = day(now, utc);
  // The day of the edge still has what came after it.
  const keptFrom = keptAt(retained, now);
  const oldest = keptFrom === undefined ? '' : day(keptFrom, utc);
  const [from, to] = resolve(range, now);
  const [at, setAt] = useState(() => day(Math.min(to, now), utc)); // where the keys are
  const [shown, setShown] = useState(at); // in the month at the right
  const [first, setFirst] = useState<string>();
  const [begins, ends] = first ? [first, first] : [day(from, utc), day(to, utc)];

  const focus = (one: string): void => dialog.current?.querySelector<HTMLElement>(`[data-day="${one}"]`)?.focus();
  const [opened] = useState(at);
  useEffect(() => focus(opened), [opened]);

  const go = (wanted: string): void => {
    const next = wanted > today ? today : wanted < oldest ? oldest : wanted;
    setAt(next);
    if (!inView(next, shown)) setShown(next > shown ? next : `${monthText(monthOf(next, 1))}-01`);
    requestAnimationFrame(() => focus(next));
  };
  const turn = (by: number): void => {
    const month = `${monthText(monthOf(shown, by))}-01`;
    setShown(month);
    setAt(month < oldest ? oldest : month);
  };
  const pick = (one: string): void => {
    setAt(one);
    if (!first) return setFirst(one);
    onPick(wholeDays(first, one, now, utc));
    dialog.current?.close();
  };
  return (
    <Dialog name="Calendar" className="calendar" ref={dialog} onClose={onClose}>
      <DialogHead title={first ? `${first} to …` : 'First day'}>
        <button
          type="button"
          className="btn small"
          aria-label="Earlier months"
          disabled={monthText(monthOf(shown, -1)) <= oldest.slice(0, 7)}
          onClick={() => turn(-1)}
        >
          ‹
        </button>
        <button
          type="button"
          className="btn small"
          aria-label="Later months"
          disabled={shown.slice(0, 7) >= today.slice(0, 7)}
          onClick={() => turn(1)}
        >
          ›
        </button>
      </DialogHead>
      <div
        className="months"
        role="presentation"
        onKeyDown={(e) => {
          const by = moves[e.key];
          if (!by) return;
          e.preventDefault();
          go(daysLater(at, by));
        }}
      >
        {[monthOf(shown, -1), monthOf(shown)].map((m) => (
          <MonthTable key={monthName(m)} month={m} at={at} begins={begins} ends={ends} today={today} oldest={oldest} onPick={pick} />
        ))}
      </div>
      <p className="faint" role="status">
        {oldest && `Days before ${oldest} are gone: events are kept ${keptWords(retained)}. `}
        {first ? 'Now the last day; the same one again for that day alone.' : 'Days are of the zone that is shown.'}
      </p>
    </Dialog>
  );
}

function monthText([year, month]: Month): string {
  return `${year}-${String(month + 1).padStart(2, '0')}`;
}

/** Whether a day is in one of the two months of which the second has the other day. */
function inView(one: string, shown: string): boolean {
  return [monthText(monthOf(shown, -1)), monthText(monthOf(shown))].includes(one.slice(0, 7));
}

interface MonthProps {
  month: Month;
  at: string;
  begins: string;
  ends: string;
  today: string;
  oldest: string;
  onPick: (day: string) => void;
}

function MonthTable({ month, at, begins, ends, today, oldest, onPick }: MonthProps): React.ReactElement {
  return (
    <table>
      <caption>{monthName(month)}</caption>
      <thead>
        <tr>
          {['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'].map((w) => (
            <th key={w} scope="col">
              {w}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(month).map((week, i) => (
          <tr key={i}>
            {week.map((one, k) => (
              <td key={k}>
                {one && (
                  <button
                    type="button"
                    data-day={one}
                    aria-label={one}
                    aria-pressed={one >= begins && one <= ends}
                    aria-current={one === today ? 'date' : undefined}
                    disabled={one > today || one < oldest}
                    title={one < oldest ? 'no longer kept' : undefined}
                    tabIndex={one === at ? 0 : -1}
                    onClick={() => onPick(one)}
                  >
                    {Number(one.slice(8))}
                  </button>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
