import { useState } from 'react';

import { go, linkTo } from '../../app/location';
import { ms, percent, perSecond } from '../../charts/figures';
import { RedCharts } from '../../charts/RedCharts';
import { count, duration } from '../../time/format';
import { filterText } from '../../query/copyAs';
import { endsOf, errorsWith, servicePage } from '../../query/links';
import { useMarkers } from '../../query/useMarkers';
import { KindGlyph, kindWords } from '../../charts/graph/kinds';
import { failed, type Graph } from './model';
import { Distribution, Figures } from './PanelParts';
import type { MapState } from './url';
import { useNode } from './useDetail';

interface Props {
  graph: Graph;
  index: number;
  seconds: number;
  state: MapState;
  set: (c: Partial<MapState>, replace?: boolean) => void;
  onClose: () => void;
  pinned: boolean;
  onUnpin: () => void;
}

/** One node: how it serves, what it does, whom it calls and who calls it. */
export function NodePanel({ graph, index, seconds, state, set, onClose, pinned, onUnpin }: Props): React.ReactElement {
  const n = graph.nodes[index]!;
  const group = n.type === 'group';
  const detail = useNode(n.kind === 'client' || group ? '' : n.id, state);
  const [openedAt] = useState(() => Date.now());
  const d = detail.data;
  const markers = useMarkers(d?.series.base);
  const own = !n.inferred && !group && n.kind !== 'client';
  const range = { from: state.from, to: state.to };
  // What the map is filtered to, the traces are, too.
  const also: Record<string, string> = state.q ? { f: state.q } : {};
  const traces = (more: Record<string, string>): string => `/traces?${new URLSearchParams({ ...range, ...also, ...more }).toString()}`;
  const near = (side: 'from' | 'to'): [number, Graph['edges'][number]][] =>
    graph.edges
      .filter((e) => e[side] === index)
      .sort((a, b) => b.count - a.count)
      .map((e) => [side === 'from' ? e.to : e.from, e]);
  return (
    <aside className="map-panel" aria-label="Node">
      <header>
        <div className="row">
          <h2 className="grow row">
            <span className="bar-mark" style={{ background: n.slot > 0 ? `var(--s${n.slot})` : 'var(--line-control)' }} />
            <span className="title">{n.name}</span>
          </h2>
          <button type="button" className="btn small bare" onClick={onClose} aria-label="Close" title="Close (Esc)">
            ×
          </button>
        </div>
        <p className="muted row kind">
          <KindGlyph kind={n.kind} />
          {[
            group ? `${n.members} services` : kindWords[n.kind],
            n.type !== n.kind && !group && n.type,
            n.group && !group && `in ${n.group}`,
            n.inferred && 'known from its callers',
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
        {n.kind !== 'client' && <Figures of={n} seconds={seconds} />}
        <div className="row wrap actions">
          {own && (
            <a className="btn small primary" {...linkTo(servicePage(n.name, state))} title="Enter">
              Open service
            </a>
          )}
          {own && (
            <a className="btn small" {...linkTo(traces({ svc: n.name }))}>
              Traces
            </a>
          )}
          {own && failed(n) > 0 && (
            <a className="btn small" {...linkTo(traces({ svc: n.name, errors: '1' }))}>
              Failed traces
            </a>
          )}
          {own && (
            <a
              className="btn small"
              {...linkTo(`/logs?${new URLSearchParams({ ...range, where: filterText('service.name', n.name) }).toString()}`)}
            >
              Log lines
            </a>
          )}
          {own && (
            <a className="btn small" {...linkTo(errorsWith('service', n.name))}>
              Errors
            </a>
          )}
          {n.group && !group && (
            <button type="button" className="btn small" onClick={() => set({ folded: [...state.folded, n.group], node: '' })}>
              Fold {n.group}
            </button>
          )}
          {group && (
            <button type="button" className="btn small" onClick={() => set({ folded: state.folded.filter((g) => g !== n.name), node: '' })}>
              Unfold
            </button>
          )}
          <button
            type="button"
            className="btn small"
            aria-pressed={state.focus}
            title="Fade all that does not lead through it (f)"
            onClick={() => set({ focus: !state.focus })}
          >
            Focus
          </button>
          {pinned && (
            <button type="button" className="btn small" onClick={onUnpin}>
              Unpin
            </button>
          )}
        </div>
      </header>
      {/* It scrolls, so it must be reached by key. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="map-panel-body" tabIndex={0} role="region" aria-label={`About ${n.name}`} aria-busy={detail.loading}>
        {detail.error && <p className="note bad">{detail.error.message}</p>}
        {d && (
          <>
            <section>
              <div className="row">
                <h3 className="grow">{n.inferred ? 'Duration as called' : 'Duration as served'}</h3>
                {state.range && (
                  <button
                    type="button"
                    className="btn small"
                    onClick={() =>
                      go(traces({ ...(own ? { q: nodeFilter(n.name, state.range!) } : { q: inferredFilter(n.name, state.range!) }) }))
                    }
                  >
                    View traces of {duration(state.range[0] * 1e6)} to {duration(state.range[1] * 1e6)}
                  </button>
                )}
              </div>
              <Distribution
                title={`Durations of ${n.name}`}
                histogram={d.histogram}
                range={state.range}
                onRange={(range_) => set({ range: range_ })}
              />
            </section>
            <RedCharts series={d.series} markers={markers} nowMs={openedAt} height={96} onZoom={(from, to) => set({ from, to })} />
            {d.operations.length > 0 && (
              <section>
                <h3>Operations</h3>
                <table className="small">
                  <thead>
                    <tr>
                      <th>Name</th>
                      <th className="num">Rate</th>
                      <th className="num">Failed</th>
                      <th className="num">p95</th>
                    </tr>
                  </thead>
                  <tbody>
                    {d.operations.slice(0, 12).map((o) => (
                      <tr key={o.name}>
                        <td className="end">
                          <a
                            {...linkTo(traces({ q: `service.name = ${JSON.stringify(n.name)} AND name = ${JSON.stringify(o.name)}` }))}
                            title={o.name}
                          >
                            <span className="clip">{o.name}</span>
                          </a>
                        </td>
                        <td className="num">{perSecond(o.count, seconds)}</td>
                        <td className={failed(o) > 0 ? 'num error-text' : 'num muted'}>
                          {failed(o) > 0 ? percent(failed(o), o.count) : '0'}
                        </td>
                        <td className="num">{ms(o.p95_ms)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
            )}
          </>
        )}
        <Neighbours title="Called by" list={near('to')} graph={graph} seconds={seconds} set={set} />
        <Neighbours title="Calls" list={near('from')} graph={graph} seconds={seconds} set={set} />
      </div>
    </aside>
  );
}

/** Spans of a service that took so long. */
function nodeFilter(name: string, [from, to]: [number, number]): string {
  return `service.name = ${JSON.stringify(name)} AND duration_ms >= ${from.toPrecision(6)} AND duration_ms <= ${to.toPrecision(6)}`;
}

/** Calls of something that sends no traces itself, as an X-Ray expression: its name is known only there. */
function inferredFilter(name: string, [from, to]: [number, number]): string {
  return `service(${JSON.stringify(name)}) { responsetime >= ${(from / 1000).toPrecision(6)} AND responsetime <= ${(to / 1000).toPrecision(6)} }`;
}

interface NeighbourProps {
  title: string;
  list: [number, Graph['edges'][number]][];
  graph: Graph;
  seconds: number;
  set: (c: Partial<MapState>) => void;
}

function Neighbours({ title, list, graph, seconds, set }: NeighbourProps): React.ReactElement | null {
  if (list.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul className="near">
        {list.slice(0, 30).map(([i, e]) => (
          <li key={`${e.from} ${e.to} ${e.kind}`} className="row">
            <button type="button" className="link clip grow" onClick={() => set({ node: graph.nodes[i]!.id, range: undefined })}>
              {graph.nodes[i]!.name}
            </button>
            {failed(e) > 0 && <span className="error-text">{percent(failed(e), e.count)}</span>}
            <button
              type="button"
              className="link accent"
              title={e.kind === 'link' ? 'The links between both' : 'The calls between both'}
              onClick={() => set({ edge: endsOf(graph, e), node: '', range: undefined })}
            >
              {e.kind === 'link' ? `${count(e.count)} ${e.count === 1 ? 'link' : 'links'}` : perSecond(e.count, seconds)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
