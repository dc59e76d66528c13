import { useState } from 'react';

import { ms, percent, perSecond } from '../../charts/figures';
import { HealthRing } from '../../charts/HealthRing';
import { slotStyle } from '../../charts/slotStyle';
import { count } from '../../time/format';
import type { Before } from './drawable';
import { changeOf, failed, type Graph, type ShownEdge } from './model';
import type { MapState } from './url';
import { edgeKey, endsOf } from '../../query/links';

interface Props {
  graph: Graph;
  seconds: number;
  before: Before | undefined;
  state: MapState;
  set: (c: Partial<MapState>) => void;
}

const columns = [
  ['caller', 'Caller'],
  ['callee', 'Called'],
  ['count', 'Rate'],
  ['failed', 'Failed'],
  ['p50', 'p50'],
  ['p95', 'p95'],
  ['p99', 'p99'],
] as const;
type Column = (typeof columns)[number][0];

const mostRows = 500;

/** The edges of the map as a table. */
export function MapTable({ graph, seconds, before, state, set }: Props): React.ReactElement {
  const [sort, setSort] = useState<Column>('count');
  const [up, setUp] = useState(false);
  const name = (i: number): string => graph.nodes[i]!.name;
  const value = (e: ShownEdge): string | number => {
    if (sort === 'caller') return name(e.from);
    if (sort === 'callee') return name(e.to);
    if (sort === 'failed') return e.count > 0 ? failed(e) / e.count : 0;
    return sort === 'count' ? e.count : (e[`${sort}_ms`] ?? -1);
  };
  const term = state.find.toLowerCase();
  const rows = graph.edges
    .filter((e) => `${name(e.from)} ${name(e.to)}`.toLowerCase().includes(term))
    .map((e) => [value(e), e] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1));
  const node = (i: number): React.ReactElement => {
    const n = graph.nodes[i]!;
    return (
      <button type="button" className="link" onClick={() => set({ node: n.id, edge: undefined, view: 'map' })} title="Show it on the map">
        <span className="service" style={slotStyle(n.slot)}>
          <span className="clip">{n.name}</span>
        </span>
      </button>
    );
  };
  return (
    // It scrolls, so it must be reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className="map-table" aria-label="Calls between services" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(([id, title], i) => (
              <th key={id} className={i > 1 ? 'num' : ''} aria-sort={sort === id ? (up ? 'ascending' : 'descending') : 'none'}>
                <button
                  type="button"
                  onClick={() => {
                    setUp(sort === id ? !up : i < 2);
                    setSort(id);
                  }}
                >
                  {title}
                  {sort === id ? (up ? ' ↑' : ' ↓') : ''}
                </button>
              </th>
            ))}
            {before && <th className="num">Change of rate</th>}
            <th>Kind</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostRows).map(([, e]) => (
            <tr key={edgeKey(graph, e)}>
              <td className="end">{node(e.from)}</td>
              <td className="end">{node(e.to)}</td>
              <td className="num">{perSecond(e.count, seconds)}</td>
              <td className={failed(e) > 0 ? 'num error-text' : 'num muted'}>
                <span className="row failing">
                  {failed(e) > 0 ? percent(failed(e), e.count) : '0'}
                  <HealthRing health={e} size={14} />
                </span>
              </td>
              <td className="num">{ms(e.p50_ms)}</td>
              <td className="num">{ms(e.p95_ms)}</td>
              <td className="num">{ms(e.p99_ms)}</td>
              {before && (
                <td className="num">
                  {changeOf(e.count / seconds, (before.edges.get(edgeKey(graph, e))?.count ?? 0) / before.seconds)?.words ?? '–'}
                </td>
              )}
              <td>
                <button type="button" className="link accent" onClick={() => set({ edge: endsOf(graph, e), node: '', view: 'map' })}>
                  {e.kind}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > mostRows && (
        <p className="muted pad">
          The first {mostRows} of {count(rows.length)} edges are shown; find or filter for others.
        </p>
      )}
      {rows.length === 0 && <p className="muted pad">No edge meets what is looked for.</p>}
    </section>
  );
}
