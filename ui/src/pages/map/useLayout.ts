import { useEffect, useMemo, useRef, useState } from 'react';

import type { Layout, LayoutInput, Spot } from '../../charts/graph/layout';
import type { Graph } from './model';

const key = 'oriel.map.pins';

type Pins = Record<string, { x: number; y: number }>;

function readPins(env: string): Pins {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, Pins>)[env] ?? {};
  } catch {
    return {};
  }
}

function writePins(env: string, pins: Pins): void {
  let all: Record<string, Pins> = {};
  try {
    all = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, Pins>;
  } catch {
    // What can't be read is written anew.
  }
  localStorage.setItem(key, JSON.stringify({ ...all, [env]: pins }));
}

export interface LaidOut {
  /** The graph that the layout is of: another may have come meanwhile. */
  graph: Graph;
  layout: Layout;
}

export interface Placing {
  laidOut: LaidOut | undefined;
  pins: Pins;
  pin: (id: string, place: { x: number; y: number } | undefined) => void;
  /** Forgets where everything stood. */
  anew: () => void;
}

/** Where nodes stood last, kept while the page lives, so that they stay from one look to the next. */
const stood = new Map<string, Record<string, Spot>>();

/** Lays the graph out in a worker, near what was there before. */
export function useLayout(graph: Graph | undefined, env: string, scope: string): Placing {
  const [laidOut, setLaidOut] = useState<LaidOut>();
  const [pins, setPins] = useState(() => readPins(env));
  const [turn, setTurn] = useState(0);
  const worker = useRef<Worker>(undefined);
  const asked = useRef(0);
  useEffect(() => {
    const w = new Worker(new URL('../../charts/graph/layout.worker.ts', import.meta.url), { type: 'module' });
    worker.current = w;
    return () => w.terminate();
  }, []);
  useEffect(() => setPins(readPins(env)), [env]);
  const place = `${env} ${scope}`;
  useEffect(() => {
    const w = worker.current;
    if (!graph || !w) return;
    const n = ++asked.current;
    const answer = (e: MessageEvent<{ turn: number; layout: Layout }>): void => {
      if (e.data.turn !== n) return;
      const before = Object.fromEntries(graph.nodes.map((node, i) => [node.id, e.data.layout.spots[i]!]));
      stood.set(place, { ...stood.get(place), ...before });
      setLaidOut({ graph, layout: e.data.layout });
    };
    w.addEventListener('message', answer);
    const input: LayoutInput = {
      ids: graph.nodes.map((node) => node.id),
      edges: graph.edges.map((e) => [e.from, e.to, 1 + Math.log1p(e.count)]),
      before: stood.get(place) ?? {},
      pinned: {},
    };
    w.postMessage({ turn: n, input });
    return () => w.removeEventListener('message', answer);
  }, [graph, place, turn]);
  return useMemo(
    () => ({
      laidOut,
      pins,
      pin: (id, at) => {
        const others = Object.entries(readPins(env)).filter(([known]) => known !== id);
        const next = Object.fromEntries(at ? [...others, [id, { x: Math.round(at.x), y: Math.round(at.y) }]] : others) as Pins;
        writePins(env, next);
        setPins(next);
      },
      anew: () => {
        stood.delete(place);
        writePins(env, {});
        setPins({});
        setTurn((t) => t + 1);
      },
    }),
    [laidOut, pins, env, place],
  );
}
