import { useState } from 'react';

import { go, linkTo } from '../../app/location';
import { ms } from '../../charts/figures';
import { RedCharts } from '../../charts/RedCharts';
import { useMarkers } from '../../query/useMarkers';
import { count, duration } from '../../time/format';
import type { Graph } from './model';
import { Distribution, Figures } from './PanelParts';
import type { MapState } from './url';
import { useEdge, useServed } from './useDetail';

interface Props {
  graph: Graph;
  index: number;
  seconds: number;
  state: MapState;
  set: (c: Partial<MapState>) => void;
  onClose: () => void;
}

const words: Record<Graph['edges'][number]['kind'], string> = {
  call: 'calls that wait for the answer',
  async: 'calls that don’t wait',
  link: 'links between traces: the one goes on with what the other left',
};

/** The calls from one node to another, as the caller saw them, and what of it the callee did not take. */
export function EdgePanel({ graph, index, seconds, state, set, onClose }: Props): React.ReactElement {
  const e = graph.edges[index]!;
  const [from, to] = [graph.nodes[e.from]!, graph.nodes[e.to]!];
  const detail = useEdge(from.id, to.id, e.kind, state);
  const [openedAt] = useState(() => Date.now());
  const wanted =
    detail.data !== undefined && !detail.data.served && !state.q && e.kind !== 'link' && from.kind === 'service' && to.kind === 'service';
  const sampled = useServed(from.id, to.id, wanted, state);
  const served = detail.data?.served ?? sampled;
  const d = detail.data && { ...detail.data, served };
  const markers = useMarkers(d?.series.base);
  const link = e.kind === 'link';
  const client = from.kind === 'client';
  const expression = `edge(${JSON.stringify(from.name)}, ${JSON.stringify(to.name)})`;
  const also: Record<string, string> = state.q ? { f: state.q } : {};
  const traces = (q: string): string => `/traces?${new URLSearchParams({ from: state.from, to: state.to, ...also, q }).toString()}`;
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
        <p className="muted">{words[e.kind]}</p>
        {link ? (
          <p className="figures">
            <b className="big">{count(e.count)}</b>
            <span className="muted">{e.count === 1 ? 'link' : 'links'}</span>
            <span className="muted">
              waiting p50 {ms(e.p50_ms)} · p95 {ms(e.p95_ms)} · p99 {ms(e.p99_ms)}
            </span>
          </p>
        ) : (
          <Figures of={e} seconds={seconds} />
        )}
        <div className="row wrap actions">
          <a className="btn small" {...linkTo(traces(link ? `service(${JSON.stringify(to.name)})` : expression))}>
            {link ? `Traces of ${to.name}` : 'Traces'}
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
                <h3 className="grow">{link ? 'How long it was waiting' : `Duration as called${d.served ? ', and as served' : ''}`}</h3>
                {state.range && !link && (
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
                title={link ? `Ages of what ${to.name} took up from ${from.name}` : `Durations of calls from ${from.name} to ${to.name}`}
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
              {!d.served && !link && !client && to.inferred && (
                <p className="muted">{to.name} sends no traces itself, so how long it took is known from its callers only.</p>
              )}
            </section>
            <RedCharts series={d.series} markers={markers} nowMs={openedAt} height={96} onZoom={(a, b) => set({ from: a, to: b })} />
          </>
        )}
      </div>
    </aside>
  );
}
