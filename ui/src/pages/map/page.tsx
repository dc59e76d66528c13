import './map.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { Start } from '../../api/types';
import { useKeys } from '../../app/keys';
import { go, setParams, useAddress } from '../../app/location';
import { Camera } from '../../charts/graph/camera';
import { count } from '../../time/format';
import { edgeKey, endsOf, servicePage } from '../../query/links';
import { FilterBar } from '../../query/trace/FilterBar';
import { Refresh } from '../../widgets/Refresh';
import { Splitter } from '../../widgets/Splitter';
import { TimePicker } from '../../widgets/TimePicker';
import { edgesOf, nodesOf, type Metric } from './drawable';
import { EdgePanel } from './EdgePanel';
import { boundsOf, GraphCanvas } from '../../charts/graph/GraphCanvas';
import { Failed } from '../../widgets/Failed';
import { MapList } from './MapList';
import { MapTable } from './MapTable';
import { MapTools } from './MapTools';
import { filtered, neighbourhood, part, readableHops, startOf, through, towards, type Graph } from './model';
import { NodePanel } from './NodePanel';
import { Nothing } from './Nothing';
import { decode, encode, type MapState } from './url';
import { useLayout } from './useLayout';
import { useMap } from './useMap';

const set = (c: Partial<MapState>, replace = false): void => setParams(encode(c), replace);

/** More nodes than these are shown around one of them. */
const mostAtOnce = 120;

/** Of so many nodes the names can be read when all of them are in view. */
const mostReadable = 40;

/** Who calls whom, how much, how well and how fast. */
export default function MapPage({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const state = decode(url.searchParams);
  const env = url.searchParams.get('env') ?? '';
  const [turn, setTurn] = useState(0);
  const [every, setEvery] = useState(0);
  const [metric, setMetric] = useState<Metric>('p95');
  const [camera] = useState(() => new Camera());
  const refresh = useCallback(() => setTurn((n) => n + 1), []);
  const { loaded, earlier, graph: whole, before, seconds } = useMap(state, env, turn);
  const [loadedAt, setLoadedAt] = useState(0);
  useEffect(() => setLoadedAt(Date.now()), [loaded.data]);
  useEffect(() => {
    document.title = 'Map · Oriel';
  }, []);

  const many = (whole?.nodes.length ?? 0) > mostAtOnce;
  const partial = many && !state.all;
  const { minErrors, minRate } = state;
  const around = whole ? aroundOf(whole, state) : -1;
  const hops = state.hops || (whole && partial && around >= 0 ? readableHops(whole, around, mostReadable) : 2);
  const graph = useMemo(() => {
    if (!whole) return undefined;
    let keep = filtered(whole, minErrors, minRate, seconds);
    if (minErrors === 0 && minRate === 0) keep = new Set(whole.nodes.keys());
    if (partial && around >= 0) {
      const near = neighbourhood(whole, around, hops);
      keep = new Set([...keep].filter((i) => near.has(i) || i === around));
    }
    return part(whole, keep);
  }, [whole, minErrors, minRate, seconds, partial, around, hops]);
  const scope = partial ? `around ${whole?.nodes[around]?.id} ${hops}` : 'all';
  const placing = useLayout(graph, env, scope);
  const { laidOut } = placing;
  const shown = laidOut?.graph;
  const nodes = useMemo(
    () => (shown ? nodesOf(shown, seconds, state.size, before, metric) : []),
    [shown, seconds, state.size, before, metric],
  );
  const edges = useMemo(() => (shown ? edgesOf(shown, seconds, before) : []), [shown, seconds, before]);
  const selected = shown ? shown.nodes.findIndex((n) => n.id === state.node) : -1;
  const selectedEdge = shown && state.edge ? shown.edges.findIndex((e) => edgeKey(shown, e) === state.edge!.join('\0')) : -1;
  const matches = useMemo(() => (shown && state.find ? found(shown, state.find) : undefined), [shown, state.find]);
  const bright = useMemo(() => {
    if (shown && state.focus && selected >= 0) return through(shown, selected);
    return matches && matches.size > 0 ? matches : undefined;
  }, [shown, state.focus, selected, matches]);
  const canvas = useRef<HTMLDivElement>(null);
  const places = useRef<{ x: number; y: number }[]>([]);
  const field = useRef<HTMLInputElement>(null);
  const expression = useRef<HTMLInputElement>(null);
  const services = useMemo(() => (start?.services ?? []).map((s) => s.name), [start]);
  // Another part of the map begins with all of it in view.
  useEffect(() => {
    camera.fitted = true;
  }, [camera, scope, minErrors, minRate]);

  const fit = (): void => camera.fit(boundsOf(places.current), canvas.current!.clientWidth, canvas.current!.clientHeight);
  const choose = (i: number): void => {
    if (!shown?.nodes[i]) return;
    set({ node: shown.nodes[i].id, edge: undefined, range: undefined }, state.node !== '');
    const p = places.current[i];
    const box = canvas.current;
    if (p && box) camera.reveal({ left: p.x - 90, right: p.x + 90, top: p.y - 36, bottom: p.y + 36 }, box.clientWidth, box.clientHeight);
  };
  const close = (): void => set({ node: '', edge: undefined, range: undefined, focus: false });
  const open = (i: number): void => {
    const n = shown?.nodes[i];
    if (!n) return;
    if (n.members > 1) set({ folded: state.folded.filter((g) => g !== n.group), node: '' });
    else if (n.kind !== 'client' && !n.inferred) go(servicePage(n.name, state));
  };
  const step = (dx: number, dy: number) => (): void => choose(towards(places.current, selected, dx, dy, shown));
  const nextMatch = (by: 1 | -1): void => {
    const list = matches ? [...matches] : [];
    if (list.length > 0) choose(list[(list.indexOf(selected) + by + list.length) % list.length]!);
  };
  const zoom = (factor: number): void =>
    camera.zoom(factor, (canvas.current?.clientWidth ?? 0) / 2, (canvas.current?.clientHeight ?? 0) / 2);
  useKeys('Map', {
    '/': ['find a node', () => field.current?.focus()],
    x: ['filter the traces', () => expression.current?.focus()],
    v: ['map or table', () => set({ view: state.view === 'map' ? 'table' : 'map' })],
    ArrowRight: ['node to the right', step(1, 0)],
    ArrowLeft: ['node to the left', step(-1, 0)],
    ArrowDown: ['node below', step(0, 1)],
    ArrowUp: ['node above', step(0, -1)],
    Enter: ['open the service, or unfold the group', () => open(selected)],
    w: ['zoom in', () => zoom(1.25)],
    z: ['zoom out', () => zoom(0.8)],
    0: ['show all of it', fit],
    f: ['fade all that does not lead through the node', () => set({ focus: !state.focus })],
    h: ['look around the node', () => selected >= 0 && set({ around: state.node, all: false })],
    n: ['next match', () => nextMatch(1)],
    N: ['previous match', () => nextMatch(-1)],
    r: ['look again', refresh],
    l: ['look again every 5 s', () => setEvery((x) => (x > 0 ? 0 : 5))],
    Escape: ['close the panel', close],
  });
  const error = loaded.error ?? earlier.error;
  const groups = [...new Set((loaded.data?.nodes ?? []).map((n) => n.group).filter(Boolean))].sort();
  const empty = loaded.data?.nodes.length === 0;
  const panel = (selected >= 0 || selectedEdge >= 0) && shown;
  return (
    <div className="page map-page" aria-busy={loaded.loading}>
      <h1 className="sr">Map</h1>
      <div className={loaded.loading ? 'progress on' : 'progress'} />
      <div className="tools">
        <FilterBar
          name="Traces of the map"
          hint="x"
          field={expression}
          q={state.q}
          services={services}
          error={loaded.error?.position !== undefined ? loaded.error : undefined}
          onChange={(q) => set({ q, node: '', edge: undefined, range: undefined })}
        />
        <TimePicker range={state} onChange={set} />
        <Refresh every={every} onEvery={setEvery} loadedAt={loadedAt} onRefresh={refresh} />
      </div>
      <div className="tools">
        <MapTools
          state={state}
          set={set}
          field={field}
          groups={groups}
          matches={matches?.size}
          onNext={nextMatch}
          metric={metric}
          onMetric={setMetric}
          many={many}
          hops={hops}
          onAnew={placing.anew}
          onFit={fit}
          onZoom={zoom}
        />
      </div>
      {error && error.position === undefined && <Failed error={error} onAgain={refresh} />}
      {empty && <Nothing start={start} state={state} set={set} />}
      {!empty && (
        <div className="map-body">
          {many && whole && <MapList graph={whole} seconds={seconds} state={state} around={around} set={set} />}
          {whole && state.view === 'table' && <MapTable graph={graph ?? whole} seconds={seconds} before={before} set={set} state={state} />}
          {state.view === 'map' && (
            <div className="map-area" ref={canvas}>
              {shown && <SaidTable graph={shown} onTable={() => set({ view: 'table' })} />}
              {shown && laidOut && (
                <GraphCanvas
                  label={`Map of ${count(shown.nodes.length)} nodes and ${count(shown.edges.length)} edges; press v for a table`}
                  nodes={nodes}
                  edges={edges}
                  layout={laidOut.layout}
                  pins={placing.pins}
                  camera={camera}
                  selected={selected}
                  selectedEdge={selectedEdge}
                  bright={bright}
                  matches={matches}
                  places={places}
                  onNode={choose}
                  onEdge={(e) => {
                    set({ edge: endsOf(shown, shown.edges[e]!), node: '', range: undefined });
                  }}
                  onNothing={() => (state.node || state.edge) && close()}
                  onOpen={open}
                  onPin={(i, place) => placing.pin(shown.nodes[i]!.id, place)}
                />
              )}
              {!whole && loaded.loading && state.q && <p className="map-none muted">Looking at the newest traces that match…</p>}
              {shown && shown.nodes.length === 0 && <p className="map-none muted">No node meets the filters.</p>}
              <Legend compare={before !== undefined} />
              <p className="map-foot muted" role="status">
                {loaded.data && (
                  <>
                    {shown && whole && shown.nodes.length < whole.nodes.length ? `${count(shown.nodes.length)} of ` : ''}
                    {count(whole?.nodes.length ?? 0)} nodes · {count(shown?.edges.length ?? 0)} edges
                    {loaded.data.left_out > 0 && ` · ${count(loaded.data.left_out)} less busy ones are left out`}
                    {' · '}
                    {Math.round(loaded.data.elapsed_ms)}
                    {'\u2009'}ms
                    {!loaded.data.complete && (state.q ? ' · of the newest traces that match' : ' · part of the data could not be read')}
                  </>
                )}
              </p>
            </div>
          )}
          {panel && <Splitter label="Width of the panel" variable="--map-panel" fallback={30} least={20} most={60} fromRight />}
          {selected >= 0 && shown && (
            <NodePanel
              graph={shown}
              index={selected}
              seconds={seconds}
              state={state}
              set={set}
              onClose={close}
              pinned={shown.nodes[selected]!.id in placing.pins}
              onUnpin={() => placing.pin(state.node, undefined)}
            />
          )}
          {selected < 0 && selectedEdge >= 0 && shown && (
            <EdgePanel graph={shown} index={selectedEdge} seconds={seconds} state={state} set={set} onClose={close} />
          )}
        </div>
      )}
    </div>
  );
}

function aroundOf(g: Graph, state: MapState): number {
  const asked = g.nodes.findIndex((n) => n.id === state.around);
  return asked >= 0 ? asked : startOf(g);
}

function found(g: Graph, text: string): Set<number> {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return new Set(
    [...g.nodes.keys()].filter((i) => words.every((w) => `${g.nodes[i]!.name} ${g.nodes[i]!.type}`.toLowerCase().includes(w))),
  );
}

const mostSaid = 60;

/** What assistive technology gets first: the busiest edges as a table, and the way to all of them. */
function SaidTable({ graph, onTable }: { graph: Graph; onTable: () => void }): React.ReactElement {
  const edges = [...graph.edges].sort((a, b) => b.count - a.count).slice(0, mostSaid);
  return (
    <div className="sr">
      <button type="button" tabIndex={-1} onClick={onTable}>
        Show all edges as a table
      </button>
      <table>
        <caption>The busiest calls between services</caption>
        <thead>
          <tr>
            <th>Caller</th>
            <th>Called</th>
            <th>Calls</th>
            <th>Failed</th>
          </tr>
        </thead>
        <tbody>
          {edges.map((e) => (
            <tr key={`${e.from} ${e.to}`}>
              <td>{graph.nodes[e.from]!.name}</td>
              <td>{graph.nodes[e.to]!.name}</td>
              <td>{count(e.count)}</td>
              <td>{count(e.errors + e.throttles + e.faults)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Legend({ compare }: { compare: boolean }): React.ReactElement {
  return (
    <ul className="map-legend" aria-label="Legend">
      {compare ? (
        <>
          <li>
            <i className="ramp" aria-hidden="true" /> less to more
          </li>
        </>
      ) : (
        (['ok', '4xx', '429', '5xx'] as const).map((c) => (
          <li key={c}>
            <i className={`dot c${c}`} aria-hidden="true" /> {c}
          </li>
        ))
      )}
      <li>
        <i className="dash" aria-hidden="true" /> async or link
      </li>
    </ul>
  );
}
