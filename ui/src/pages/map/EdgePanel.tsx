import { useState } from 'react';

import { go, linkTo } from '../../app/location';
import { ms } from '../../charts/figures';
import { RedCharts } from '../../charts/RedCharts';
import { duration } from '../../time/format';
import type { Graph } from './model';
import { Distribution, Figures } from './PanelParts';
import type { MapState } from './url';
import { useEdge } from './useDetail';

interface Props {
  graph: Graph;
  index: number;
  seconds: number;
  state: MapState;
  set: (c: Partial<MapState>) => void;
  onClose: () => void;
}

/** The calls from one node to another, as the caller saw them, and what of it the callee did not take. */
export function EdgePanel({ graph, index, seconds, state, set, onClose }: Props): React.ReactElement {
  const e = graph.edges[index]!;
  const [from, to] = [graph.nodes[e.from]!, graph.nodes[e.to]!];
  const detail = useEdge(from.id, to.id, state);
  const [openedAt] = useState(() => Date.now());
  const d = detail.data;
  const expression = `edge(${JSON.stringify(from.name)}, ${JSON.stringify(to.name)})`;
  const traces = (q: string): string => `/traces?${new URLSearchParams({ from: state.from, to: state.to, q }).toString()}`;
  const gap = (q: 'p50_ms' | 'p95_ms'): number | undefined => {
    const [called, served] = [e[q], d?.served?.[q] ?? null];
    return called !== null && served !== null ? Math.max(called - served, 0) : undefined;
  };
  return (
    <aside className="map-panel" aria-label="Edge">
      <header>
        <div className="row">
          <h2 className="grow">
            <button type="button" className="link" onClick={() => set({ node: from.id, edge: undefined, range: undefined })}>
              {from.name}
            </button>
            <span className="muted"> → </span>
            <button type="button" className="link" onClick={() => set({ node: to.id, edge: undefined, range: undefined })}>
              {to.name}
            </button>
          </h2>
          <button type="button" className="btn small bare" onClick={onClose} aria-label="Close" title="Close (Esc)">
            ×
          </button>
        </div>
        <p className="muted">
          {e.kind === 'call' ? 'calls that wait for the answer' : e.kind === 'async' ? 'calls that don’t wait' : 'links'}
        </p>
        <Figures of={e} seconds={seconds} />
        <div className="row wrap actions">
          <a className="btn small" {...linkTo(traces(expression))}>
            Traces
          </a>
        </div>
      </header>
      {/* It scrolls, so it must be reached by key. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="map-panel-body" tabIndex={0} role="region" aria-label="About the calls" aria-busy={detail.loading}>
        {detail.error && <p className="note bad">{detail.error.message}</p>}
        {d && (
          <>
            <section>
              <div className="row">
                <h3 className="grow">Duration as called{d.served && ', and as served'}</h3>
                {state.range && (
                  <button
                    type="button"
                    className="btn small"
                    onClick={() =>
                      go(
                        traces(
                          `${expression} { responsetime >= ${(state.range![0] / 1000).toPrecision(6)} AND responsetime <= ${(state.range![1] / 1000).toPrecision(6)} }`,
                        ),
                      )
                    }
                  >
                    View traces of {duration(state.range[0] * 1e6)} to {duration(state.range[1] * 1e6)}
                  </button>
                )}
              </div>
              <Distribution
                title={`Durations of calls from ${from.name} to ${to.name}`}
                histogram={d.histogram}
                other={d.served}
                range={state.range}
                onRange={(range) => set({ range })}
              />
              {d.served && (
                <table className="small gap">
                  <thead>
                    <tr>
                      <th />
                      <th className="num">p50</th>
                      <th className="num">p95</th>
                    </tr>
                  </thead>
                  <tbody>
                    <tr>
                      <td>As called by {from.name}</td>
                      <td className="num">{ms(e.p50_ms)}</td>
                      <td className="num">{ms(e.p95_ms)}</td>
                    </tr>
                    <tr>
                      <td>As served by {to.name}</td>
                      <td className="num">{ms(d.served.p50_ms)}</td>
                      <td className="num">{ms(d.served.p95_ms)}</td>
                    </tr>
                    <tr>
                      <td>
                        <b>Network and queue</b>
                      </td>
                      <td className="num">
                        <b>{ms(gap('p50_ms') ?? null)}</b>
                      </td>
                      <td className="num">
                        <b>{ms(gap('p95_ms') ?? null)}</b>
                      </td>
                    </tr>
                  </tbody>
                </table>
              )}
              {!d.served && <p className="muted">{to.name} sends no traces itself, so how long it took is known from its callers only.</p>}
            </section>
            <RedCharts series={d.series} nowMs={openedAt} height={96} onZoom={(a, b) => set({ from: a, to: b })} />
          </>
        )}
      </div>
    </aside>
  );
}
