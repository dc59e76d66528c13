import { Fragment, useCallback, useState } from 'react';

import { logs, retentionDays, type LogStream } from '../../../api/aws';
import { useLoad } from '../../../api/useLoad';
import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import { drawSpark } from '../../../charts/draw';
import type { Theme } from '../../../charts/theme';
import { quote } from '../../../query/lex';
import { ago, bytes, clock, day, digits, momentMs } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { retentionText, type GroupRow, type SortKey } from '../groups';
import { addressOf } from '../url';

interface Props {
  rows: readonly GroupRow[];
  region: string;
  sort: SortKey;
  down: boolean;
  onSort: (s: SortKey) => void;
  onRetain: (row: GroupRow, days: number | undefined) => void;
  onDelete: (row: GroupRow) => void;
}

const most = 500;

function Spark({ values, label }: { values: number[]; label: string }): React.ReactElement {
  const draw = useCallback((ctx: CanvasRenderingContext2D, theme: Theme) => drawSpark(ctx, theme.accent, values, 90, 16), [values]);
  return <Canvas width={90} height={16} label={label} draw={draw} />;
}

/** One row for each group; opened, it lists its streams. */
export function GroupTable({ rows, region, sort, down, onSort, onRetain, onDelete }: Props): React.ReactElement {
  const [open, setOpen] = useState('');
  const [shown, setShown] = useState(most);
  const head = (key: SortKey, name: string, num = false): React.ReactElement => (
    <th className={num ? 'num' : ''} aria-sort={sort === key ? (down ? 'descending' : 'ascending') : 'none'}>
      <button type="button" onClick={() => onSort(key)}>
        {name}
        {sort === key ? (down ? ' ↓' : ' ↑') : ''}
      </button>
    </th>
  );
  return (
    // It scrolls, so it must be reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="lgroups" tabIndex={0} role="region" aria-label="Log groups">
      <table>
        <thead>
          <tr>
            {head('name', 'Log group')}
            {head('rate', 'Lines/s', true)}
            <th className="lgspark">Last hour</th>
            {head('bytes', 'Size', true)}
            {head('retention', 'Kept for')}
            {head('last', 'Last line')}
            <th>
              <span className="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((r) => (
            <Fragment key={r.name}>
              <tr>
                <td className="lgname">
                  <button
                    type="button"
                    className="link"
                    aria-expanded={open === r.name}
                    onClick={() => setOpen(open === r.name ? '' : r.name)}
                  >
                    <span className="ltwist" aria-hidden="true">
                      {open === r.name ? '▾' : '▸'}
                    </span>
                    <span className="clip" title={r.name}>
                      {r.name}
                    </span>
                  </button>
                  {r.readOnly && (
                    <span className="badge fold" title="Its lines came by OpenTelemetry: it is shown as a group, and can only be read">
                      OTLP
                    </span>
                  )}
                </td>
                <td className="num">{r.perSecond > 0 ? digits(r.perSecond) : <span className="muted">–</span>}</td>
                <td className="lgspark">
                  {r.spark.length > 0 && <Spark values={r.spark} label={`Lines of ${r.name} over the last hour`} />}
                </td>
                <td className="num">{r.bytes === 0 ? '–' : bytes(r.bytes)}</td>
                <td>
                  {r.readOnly ? (
                    <span className="muted">{retentionText(undefined)}</span>
                  ) : (
                    <Menu
                      className="btn small bare"
                      name={`${r.name} keeps lines for`}
                      label={`${retentionText(r.retention)} ▾`}
                      items={[undefined, ...retentionDays].map((d) => ({
                        label: retentionText(d),
                        checked: r.retention === d,
                        run: () => onRetain(r, d),
                      }))}
                    />
                  )}
                </td>
                <td>{r.last === '' ? <span className="muted">none yet</span> : ago(Date.now() - momentMs(r.last))}</td>
                <td className="lgact">
                  <a {...linkTo(groupAddress('logs', r))}>Search</a>
                  <a {...linkTo(groupAddress('logs/tail', r))}>Tail</a>
                  <Menu
                    className="btn small bare"
                    name={`More about ${r.name}`}
                    label="⋯"
                    items={[
                      { label: 'Copy the name', run: () => void navigator.clipboard?.writeText(r.name) },
                      {
                        label: 'Copy as aws logs tail',
                        run: () =>
                          void navigator.clipboard?.writeText(`aws logs tail '${r.name}' --follow --endpoint-url ${location.origin}`),
                      },
                      ...(r.readOnly ? [] : [{ label: 'Delete…', run: () => onDelete(r) }]),
                    ]}
                  />
                </td>
              </tr>
              {open === r.name && (
                <tr>
                  <td colSpan={7} className="lstreams">
                    <Streams row={r} region={region} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="empty muted">No log group has that in its name.</p>}
      {rows.length > shown && (
        <p className="lnone">
          <button type="button" className="btn small" onClick={() => setShown((n) => n + most)}>
            Show more
          </button>
        </p>
      )}
    </div>
  );
}

/** The address of a page about one group. */
function groupAddress(page: 'logs' | 'logs/tail', r: GroupRow, condition = ''): string {
  const where = [...(r.slug === '' ? [`log.group = ${quote(r.name)}`] : []), ...(condition ? [condition] : [])];
  return addressOf(page, { groups: r.slug === '' ? [] : [r.slug], where });
}

/** The streams of a group, those with the newest lines first. */
function Streams({ row, region }: { row: GroupRow; region: string }): React.ReactElement {
  const { utc } = usePrefs();
  const [limit, setLimit] = useState(50);
  const { data, error } = useLoad(`streams ${region} ${row.name} ${limit}`, async (signal) => {
    let out: LogStream[] = [];
    let nextToken: string | undefined;
    do {
      const input = { logGroupName: row.name, orderBy: 'LastEventTime', descending: true, limit: 50, ...(nextToken && { nextToken }) };
      const { answer } = await logs<{ logStreams?: LogStream[]; nextToken?: string }>('DescribeLogStreams', input, region, signal);
      out = [...out, ...(answer.logStreams ?? [])];
      nextToken = answer.nextToken;
    } while (nextToken !== undefined && out.length < limit);
    return { streams: out, more: nextToken !== undefined };
  });
  const moment = (ms: number | undefined): string => (ms === undefined ? '–' : `${day(ms, utc)} ${clock(ms, utc)}`);
  if (error) return <p className="note bad">{error.message}</p>;
  if (!data) return <p className="muted">Looking…</p>;
  if (data.streams.length === 0) return <p className="muted">No streams yet.</p>;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th>Stream</th>
            <th>First line</th>
            <th>Last line</th>
            <th>
              <span className="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.streams.map((s) => {
            const only = row.readOnly ? '' : `log.stream = ${quote(s.logStreamName)}`;
            return (
              <tr key={s.logStreamName}>
                <td className="lgname">
                  <span className="clip">{s.logStreamName}</span>
                </td>
                <td>{moment(s.firstEventTimestamp)}</td>
                <td>{moment(s.lastEventTimestamp)}</td>
                <td className="lgact">
                  <a {...linkTo(groupAddress('logs', row, only))}>Search</a>
                  <a {...linkTo(groupAddress('logs/tail', row, only))}>Tail</a>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {data.more && (
        <button type="button" className="btn small" onClick={() => setLimit((n) => n + 200)}>
          More streams
        </button>
      )}
    </>
  );
}
