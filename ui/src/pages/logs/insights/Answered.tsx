import { useMemo, useState } from 'react';

import { setParams } from '../../../app/location';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { csvOf, jsonOf, markdownOf, save } from '../../../query/table';
import { count } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { addsUp, chartsOf, compared, shownColumns, tableOf, type Answer } from './answer';
import { BinChart, type Drawing } from './BinChart';
import { Results } from './Results';
import { RowPanel } from './RowPanel';
import { encode, type InsightsState } from './url';

interface Props {
  answer: Answer;
  /** The same of the period before, where that is wanted and there. */
  earlier: Answer | undefined;
  diff: boolean;
  stale: boolean;
  state: InsightsState;
  slotOf: (label: string, rank: number) => number;
  actions: ValueActions;
}

const drawings = [
  ['bars', 'Bars'],
  ['lines', 'Lines'],
  ['stacked', 'Stacked'],
] as const;

/** An answer as charts and a table, or as JSON. */
export function Answered({ answer, earlier, diff, stale, state, slotOf, actions }: Props): React.ReactElement {
  const [draw, setDraw] = useState<Drawing>();
  const charts = useMemo(() => chartsOf(answer), [answer]);
  const adds = charts.some((c) => addsUp(state.query, c.measure));
  const both = useMemo(() => (earlier && !answer.raw ? compared(answer, earlier) : undefined), [answer, earlier]);
  const shown = both ?? answer;
  const table = useMemo(() => tableOf(shown), [shown]);
  const row = state.row < shown.rows.length ? state.row : -1;
  const choose = (to: number): void => setParams(encode({ row: to }), true);
  return (
    <div className={stale ? 'iq-answer stale' : 'iq-answer'}>
      <div className="iq-head">
        <div className="views" role="group" aria-label="Show as">
          {(['table', 'json'] as const).map((v) => (
            <button
              key={v}
              type="button"
              className="btn small"
              aria-pressed={state.view === v}
              onClick={() => setParams(encode({ view: v }))}
            >
              {v === 'table' ? 'Table' : 'JSON'}
            </button>
          ))}
        </div>
        {charts.length > 0 && state.view === 'table' && (
          <div className="views" role="group" aria-label="Draw as">
            {drawings.map(([id, name]) => (
              <button
                key={id}
                type="button"
                className="btn small"
                aria-pressed={(draw ?? (adds ? 'bars' : 'lines')) === id}
                onClick={() => setDraw(id)}
              >
                {name}
              </button>
            ))}
          </div>
        )}
        <span className="muted grow clip" role="status">
          {answer.soFar ? (
            `${count(answer.rows.length)} ${answer.rows.length === 1 ? 'row' : 'rows'} so far: there may be others, and counts may grow`
          ) : (
            <Told answer={answer} earlier={earlier} diff={diff} />
          )}
        </span>
        {!answer.complete && <span className="badge warn">part of the data could not be read</span>}
        {!answer.soFar && <Export table={table} numbers={(k) => shownColumns(shown.columns)[k]?.column.type === 'number'} />}
      </div>
      {answer.rows.length === 0 && !both?.rows.length ? (
        <p className="empty muted">
          No line meets the query at this time. {answer.statistics.scanned > 0 && `${count(answer.statistics.scanned)} were looked at.`}{' '}
          Look at a longer time, or leave a filter out.
        </p>
      ) : state.view === 'json' ? (
        // The text scrolls, so that keys must reach it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className="iq-json" tabIndex={0} aria-label="Rows as JSON">
          {jsonOf({ columns: table.columns, rows: table.rows.slice(0, 500) })}
          {table.rows.length > 500 && `\n… ${table.rows.length - 500} more rows are in what you save`}
        </pre>
      ) : (
        <>
          {charts.length > 0 && (
            <div className="bin-charts">
              {charts.slice(0, 4).map((c) => (
                <BinChart key={c.measure} chart={c} draw={draw ?? (addsUp(state.query, c.measure) ? 'bars' : 'lines')} slotOf={slotOf} />
              ))}
            </div>
          )}
          <div className="iq-rows">
            <Results columns={shown.columns} rows={shown.rows} marks={both?.marks} chosen={row} onChoose={choose} />
            {row >= 0 && !both && (
              <RowPanel
                answer={answer}
                row={row}
                actions={actions}
                onStep={(by) => choose(Math.min(Math.max(row + by, 0), answer.rows.length - 1))}
                onClose={() => choose(-1)}
              />
            )}
          </div>
        </>
      )}
    </div>
  );
}

/** What the answer rests on. */
function Told({ answer, earlier, diff }: { answer: Answer; earlier: Answer | undefined; diff: boolean }): React.ReactElement {
  const { matched, scanned, bytes, groups } = answer.statistics;
  const size =
    bytes >= 1e9
      ? `${(bytes / 1e9).toFixed(1)}\u2009GB`
      : bytes >= 1e6
        ? `${(bytes / 1e6).toFixed(1)}\u2009MB`
        : `${Math.ceil(bytes / 1e3)}\u2009kB`;
  const parts = [
    `${count(answer.rows.length)} ${answer.rows.length === 1 ? 'row' : 'rows'}`,
    `${count(matched)} of ${count(scanned)} records matched`,
    size,
    `${groups} ${groups === 1 ? 'log group' : 'log groups'}`,
    `${answer.elapsedMs}\u2009ms`,
    diff && answer.raw && earlier ? `${count(earlier.statistics.matched)} matched in the period before` : '',
  ];
  return <>{parts.filter(Boolean).join(' · ')}</>;
}

function Export({ table, numbers }: { table: ReturnType<typeof tableOf>; numbers: (column: number) => boolean }): React.ReactElement {
  const copy = (text: string): void => void navigator.clipboard?.writeText(text);
  return (
    <Menu
      className="btn small"
      label="Export ▾"
      items={[
        { label: 'Save CSV', run: () => save('insights.csv', 'text/csv', csvOf(table)) },
        { label: 'Save JSON', run: () => save('insights.json', 'application/json', jsonOf(table)) },
        { label: 'Save Markdown', run: () => save('insights.md', 'text/markdown', markdownOf(table, numbers)) },
        { label: 'Copy CSV', run: () => copy(csvOf(table)) },
        { label: 'Copy JSON', run: () => copy(jsonOf(table)) },
        { label: 'Copy Markdown', run: () => copy(markdownOf(table, numbers)) },
      ]}
    />
  );
}
