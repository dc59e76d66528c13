import './service.css';

import { useCallback, useEffect, useState } from 'react';

import { get } from '../../api/client';
import type { MapDetail, MapNode, ServiceMap } from '../../api/map';
import type { Start } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { useKeys } from '../../app/keys';
import { go, linkTo, setParams, useAddress } from '../../app/location';
import { ms, percent, perSecond } from '../../charts/figures';
import { HealthRing } from '../../charts/HealthRing';
import { LatencyChart } from '../../charts/LatencyChart';
import { RedCharts } from '../../charts/RedCharts';
import { slotStyle } from '../../charts/slotStyle';
import { count } from '../../time/format';
import { filterText } from '../../query/copyAs';
import { edgeKey, endsOf, servicePage } from '../../query/links';
import { useMarkers } from '../../query/useMarkers';
import { Refresh } from '../../widgets/Refresh';
import { TimePicker } from '../../widgets/TimePicker';
import { Deploys } from './Deploys';
import { LatestLines, linesOf } from './LatestLines';
import { Nothing } from './Nothing';
import { Operations } from './Operations';
import { ServiceErrors } from './ServiceErrors';

interface Loaded {
  map: ServiceMap;
  node: MapNode | undefined;
  detail: MapDetail | undefined;
}

/** One service: how it serves, what it does, whom it calls and who calls it, and what is broken in it. */
export default function ServicePage({ name, start }: { name: string; start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const range = { from: url.searchParams.get('from') ?? 'now-1h', to: url.searchParams.get('to') ?? 'now' };
  const [turn, setTurn] = useState(0);
  const [every, setEvery] = useState(0);
  const [loadedAt, setLoadedAt] = useState(0);
  const refresh = useCallback(() => setTurn((n) => n + 1), []);
  const { data, error, loading } = useLoad(`service ${env} ${name} ${range.from} ${range.to} ${turn}`, async (signal): Promise<Loaded> => {
    const map = await get<ServiceMap>('map', { ...range, service: [name] }, signal);
    const node = map.nodes.find((n) => n.name === name && !n.inferred && n.kind !== 'client');
    const detail = node && (await get<MapDetail>('map/node', { ...range, id: node.id }, signal));
    return { map, node, detail };
  });
  useEffect(() => setLoadedAt(Date.now()), [data]);
  useEffect(() => {
    document.title = `${name} · Oriel`;
  }, [name]);
  const markers = useMarkers(data?.detail?.series.base);
  const node = data?.node;
  const known = start === undefined || start.services.some((s) => s.name === name);
  const seconds = data ? Math.max(Number(BigInt(data.map.to) - BigInt(data.map.from)) / 1e9, 1) : 1;
  const at = (path: string, more: Record<string, string>): string => `${path}?${new URLSearchParams({ ...range, ...more }).toString()}`;
  useKeys('Service', {
    r: ['look again', refresh],
    l: ['look again every 5 s', () => setEvery((n) => (n > 0 ? 0 : 5))],
    o: ['its traces', () => go(at('/traces', { svc: name }))],
    v: ['on the map', () => node && go(at('/map', { node: node.id }))],
  });
  return (
    <div className="page service-page" aria-busy={loading}>
      <div className={loading ? 'progress on' : 'progress'} />
      <div className="row service-head">
        <span className="bar-mark" style={{ background: node && node.slot > 0 ? `var(--s${node.slot})` : 'var(--line-control)' }} />
        <h1 className="clip" title={name}>
          {name}
        </h1>
        {node && <HealthRing health={node} size={20} />}
        <span className="grow" />
        <a className="btn" {...linkTo(at('/traces', { svc: name }))}>
          Traces
        </a>
        <a className="btn" {...linkTo(at('/logs', { where: linesOf(name) }))}>
          Log lines
        </a>
        <a
          className="btn"
          title="All spans of it in the Query page, where a part that is dragged over is compared with the rest"
          {...linkTo(at('/query', { calc: 'HEATMAP(duration_ms)', where: filterText('service.name', name) }))}
        >
          Heatmap
        </a>
        {node && (
          <a className="btn" {...linkTo(at('/map', { node: node.id }))}>
            On the map
          </a>
        )}
        <TimePicker range={range} onChange={(r) => setParams({ from: r.from, to: r.to })} />
        <Refresh every={every} onEvery={setEvery} loadedAt={loadedAt} onRefresh={refresh} />
      </div>
      {error && (
        <p className="note bad" role="alert">
          {error.message}
        </p>
      )}
      {data && !node && <Nothing name={name} known={known} range={range} at={at} />}
      {node && (
        <p className="service-facts">
          <b>{perSecond(node.count, seconds)}</b>
          <span>{count(node.count)} requests</span>
          <span className={node.faults > 0 ? 'error-text' : 'muted'}>5xx {percent(node.faults, node.count)}</span>
          <span className="muted">4xx {percent(node.errors, node.count)}</span>
          <span className="muted">429 {percent(node.throttles, node.count)}</span>
          <span>p50 {ms(node.p50_ms)}</span>
          <span>p95 {ms(node.p95_ms)}</span>
          <span>p99 {ms(node.p99_ms)}</span>
        </p>
      )}
      {data?.detail && (
        <>
          <section className="panel service-red" aria-label="Over time">
            <h2 className="sr">Over time</h2>
            <RedCharts
              series={data.detail.series}
              markers={markers}
              nowMs={loadedAt}
              height={150}
              onZoom={(from, to) => setParams({ from, to })}
            />
          </section>
          {data.detail.heat && (
            <LatencyChart
              title="How long requests took"
              of="requests"
              data={{
                ...data.detail.heat,
                base: data.detail.series.base,
                step: data.detail.series.step,
                count: data.detail.series.count.length,
              }}
              markers={markers}
              onPick={(from, to, least, most) => go(tracesThatTook(name, from, to, least, most))}
            />
          )}
          <Operations list={data.detail.operations} service={name} seconds={seconds} range={range} />
        </>
      )}
      {data && node && (
        <div className="service-sides">
          <Near title="Called by" map={data.map} of={node} side="to" seconds={seconds} range={range} />
          <Near title="Calls" map={data.map} of={node} side="from" seconds={seconds} range={range} />
          <ServiceErrors service={name} env={env} range={range} turn={turn} />
          {data.detail && <Deploys service={name} markers={markers} base={data.detail.series.base} />}
          <LatestLines service={name} env={env} range={range} turn={turn} />
        </div>
      )}
    </div>
  );
}

/** The traces in which the service took so long, in ms; 0 for no bound. */
function tracesThatTook(service: string, from: string, to: string, least: number, most: number): string {
  const bounds = [least > 0 && `duration_ms >= ${least.toPrecision(3)}`, most > 0 && `duration_ms <= ${most.toPrecision(3)}`];
  const q = [filterText('service.name', service), ...bounds].filter(Boolean).join(' AND ');
  return `/traces?${new URLSearchParams({ from, to, q, sort: 'duration' }).toString()}`;
}

function nearName(n: MapNode): string {
  return n.kind === 'client' ? `clients of ${n.name}` : n.name;
}

interface NearProps {
  title: string;
  map: ServiceMap;
  of: MapNode;
  side: 'from' | 'to';
  seconds: number;
  range: { from: string; to: string };
}

function Near({ title, map, of, side, seconds, range }: NearProps): React.ReactElement {
  const self = map.nodes.indexOf(of);
  const other = side === 'from' ? 'to' : 'from';
  const edges = map.edges.filter((e) => e[side] === self).sort((a, b) => b.count - a.count);
  return (
    <section className="panel" aria-label={title}>
      <table>
        <thead>
          <tr>
            <th>{title}</th>
            <th className="num">Rate</th>
            <th className="num">Failed</th>
            <th className="num">p95</th>
          </tr>
        </thead>
        <tbody>
          {edges.map((e) => {
            const n = map.nodes[e[other]]!;
            const bad = e.errors + e.throttles + e.faults;
            const edge = new URLSearchParams([...endsOf(map, e).map((end) => ['edge', end]), ['from', range.from], ['to', range.to]]);
            return (
              <tr key={edgeKey(map, e)}>
                <td className="end">
                  <span className="service" style={slotStyle(n.slot)}>
                    {n.inferred || n.kind === 'client' ? (
                      <span className="clip" title={nearName(n)}>
                        {nearName(n)}
                      </span>
                    ) : (
                      <a className="clip" title={n.name} {...linkTo(servicePage(n.name, range))}>
                        {n.name}
                      </a>
                    )}
                  </span>
                </td>
                <td className="num">
                  <a {...linkTo(`/map?${edge.toString()}`)} title={e.kind === 'link' ? 'The links between both' : 'The calls between both'}>
                    {perSecond(e.count, seconds)}
                  </a>
                </td>
                <td className={bad > 0 ? 'num error-text' : 'num muted'}>{bad > 0 ? percent(bad, e.count) : '0'}</td>
                <td className="num">{ms(e.p95_ms)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {edges.length === 0 && <p className="muted none">Nothing in this range.</p>}
    </section>
  );
}
