import '../charts.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { Canvas } from '../Canvas';
import type { Camera, Box } from './camera';
import { drawGraph } from './draw';
import { curvesOf, distance } from './edges';
import { nodeHeight, nodeWidth, type Layout } from './layout';
import type { Theme } from '../theme';
import { useSize } from '../useSize';
import { drawKind } from './kinds';
import type { GraphEdge, GraphNode } from './scene';

interface Props {
  label: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  layout: Layout;
  pins: Readonly<Record<string, { x: number; y: number }>>;
  camera: Camera;
  selected: number;
  selectedEdge: number;
  bright: ReadonlySet<number> | undefined;
  matches: ReadonlySet<number> | undefined;
  /** Where nodes stand now, for keys that move between them. */
  places: React.RefObject<{ x: number; y: number }[]>;
  onNode: (i: number) => void;
  onEdge: (e: number) => void;
  onNothing: () => void;
  onOpen: (i: number) => void;
  /** Nodes can be put somewhere else, if this is there. */
  onPin?: (i: number, place: { x: number; y: number }) => void;
}

const edgeReach = 7;

/** The box around all nodes, with room for the largest. */
export function boundsOf(places: readonly { x: number; y: number }[]): Box {
  const b = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of places) {
    b.left = Math.min(b.left, x - nodeWidth / 2);
    b.right = Math.max(b.right, x + nodeWidth / 2);
    b.top = Math.min(b.top, y - nodeHeight / 2);
    b.bottom = Math.max(b.bottom, y + nodeHeight / 2);
  }
  return b;
}

/** The map on a canvas: drag moves it, the wheel zooms, dragging a node pins it. */
export function GraphCanvas(props: Props): React.ReactElement {
  const { nodes, edges, layout, pins, camera, selected, selectedEdge, bright, matches } = props;
  const [box, { width, height }] = useSize<HTMLDivElement>();
  const [moving, setMoving] = useState<{ node: number; x: number; y: number }>();
  const hover = useRef({ node: -1, edge: -1 });
  const [tip, setTip] = useState<{ node: number; x: number; y: number }>();
  const places = useMemo(
    () =>
      layout.spots.map((s, i) => (moving?.node === i ? { x: moving.x, y: moving.y } : (pins[nodes[i]?.id ?? ''] ?? { x: s.x, y: s.y }))),
    [layout, pins, nodes, moving],
  );
  props.places.current = places;
  const curves = useMemo(() => {
    const at: Layout = { ...layout, spots: layout.spots.map((s, i) => ({ ...s, ...places[i]! })) };
    return curvesOf(
      edges.map((e) => [e.from, e.to]),
      at,
      (i) => moving?.node === i || nodes[i]!.id in pins,
    );
  }, [layout, places, edges, nodes, pins, moving]);
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) =>
      drawGraph(ctx, theme, {
        nodes,
        edges,
        curves,
        places,
        k: camera.k,
        dx: camera.dx,
        dy: camera.dy,
        width,
        height,
        selected,
        selectedEdge,
        hover: hover.current.node,
        hoverEdge: hover.current.edge,
        bright,
        matches,
        pinned: (i) => nodes[i]!.id in pins,
        glyph: drawKind,
      }),
    [nodes, edges, curves, places, camera, width, height, selected, selectedEdge, bright, matches, pins],
  );
  // Shows all when the page is new, when what is shown is another graph, and when the box changes while all is shown.
  useEffect(() => {
    if (camera.fitted && places.length > 0 && !moving) camera.fit(boundsOf(places), width, height);
  }, [camera, places, width, height, moving]);

  const nodeAt = (x: number, y: number): number => {
    const [wx, wy] = camera.worldAt(x, y);
    for (let i = places.length - 1; i >= 0; i--) {
      const size = nodes[i]!.size;
      if (Math.abs(wx - places[i]!.x) <= (nodeWidth / 2) * size && Math.abs(wy - places[i]!.y) <= (nodeHeight / 2) * size) return i;
    }
    return -1;
  };
  const edgeAt = (x: number, y: number): number => {
    const [wx, wy] = camera.worldAt(x, y);
    const reach = edgeReach / camera.k;
    let [best, at] = [reach, -1];
    curves.forEach((c, i) => {
      const d = distance(c, wx, wy, reach) - edges[i]!.width / 2;
      if (d < best) [best, at] = [d, i];
    });
    return at;
  };
  const look = (x: number, y: number): void => {
    const node = nodeAt(x, y);
    const edge = node >= 0 ? -1 : edgeAt(x, y);
    if (node === hover.current.node && edge === hover.current.edge) return;
    hover.current = { node, edge };
    box.current!.style.cursor = node >= 0 || edge >= 0 ? 'pointer' : '';
    setTip(node >= 0 && camera.k < 0.55 ? { node, x, y } : undefined);
    camera.changed();
  };
  const press = usePress(camera, (x, y) => (props.onPin ? nodeAt(x, y) : -1), {
    look,
    move: (node, x, y) => setMoving({ node, x, y }),
    drop: (node, x, y) => {
      setMoving(undefined);
      props.onPin?.(node, { x, y });
    },
    click: (x, y) => {
      const node = nodeAt(x, y);
      const edge = node >= 0 ? -1 : edgeAt(x, y);
      if (node >= 0) props.onNode(node);
      else if (edge >= 0) props.onEdge(edge);
      else props.onNothing();
    },
    placeOf: (i) => places[i]!,
  });
  useWheel(box, camera);
  return (
    // All that the pointer does has a key, and the table says the same.
    <div
      ref={box}
      className="graph-canvas"
      {...press}
      onDoubleClick={(e) => {
        const r = e.currentTarget.getBoundingClientRect();
        const i = nodeAt(e.clientX - r.left, e.clientY - r.top);
        if (i >= 0) props.onOpen(i);
      }}
      onPointerLeave={() => look(-1e6, -1e6)}
    >
      <Canvas width={width} height={height} label={props.label} draw={draw} viewport={camera} />
      {tip && nodes[tip.node] && (
        <div className="tip" aria-hidden="true" style={{ left: Math.min(tip.x + 14, width - 240), top: tip.y + 14 }}>
          <b>{nodes[tip.node]!.name}</b>
          <div className="muted">
            {[nodes[tip.node]!.rate, nodes[tip.node]!.failing, nodes[tip.node]!.latency].filter(Boolean).join(' · ')}
          </div>
        </div>
      )}
    </div>
  );
}

interface PressActions {
  look: (x: number, y: number) => void;
  move: (node: number, x: number, y: number) => void;
  drop: (node: number, x: number, y: number) => void;
  click: (x: number, y: number) => void;
  placeOf: (i: number) => { x: number; y: number };
}

type Handlers = Pick<React.HTMLAttributes<HTMLDivElement>, 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel'>;

/** A press that moves is a drag of the map or of a node; one that rests is a click. */
function usePress(camera: Camera, nodeAt: (x: number, y: number) => number, act: PressActions): Handlers {
  const press = useRef<{ node: number; x: number; y: number; lastX: number; lastY: number; moved: boolean }>(undefined);
  const place = (e: React.PointerEvent): [number, number] => {
    const r = e.currentTarget.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top];
  };
  const target = (x: number, y: number): { x: number; y: number } => {
    const p = press.current!;
    const at = act.placeOf(p.node);
    return { x: at.x + (x - p.lastX) / camera.k, y: at.y + (y - p.lastY) / camera.k };
  };
  return {
    onPointerDown: (e) => {
      if (e.button !== 0) return;
      e.currentTarget.setPointerCapture(e.pointerId);
      const [x, y] = place(e);
      press.current = { node: nodeAt(x, y), x, y, lastX: x, lastY: y, moved: false };
    },
    onPointerMove: (e) => {
      const [x, y] = place(e);
      const p = press.current;
      if (!p) {
        act.look(x, y);
        return;
      }
      p.moved ||= Math.hypot(x - p.x, y - p.y) > 4;
      if (!p.moved) return;
      if (p.node >= 0) {
        const to = target(x, y);
        act.move(p.node, to.x, to.y);
      } else camera.pan(x - p.lastX, y - p.lastY);
      p.lastX = x;
      p.lastY = y;
    },
    onPointerUp: (e) => {
      const p = press.current;
      const [x, y] = place(e);
      if (!p) return;
      if (p.moved && p.node >= 0) {
        const to = target(x, y);
        act.drop(p.node, to.x, to.y);
      } else if (!p.moved) act.click(x, y);
      press.current = undefined;
    },
    onPointerCancel: () => {
      press.current = undefined;
    },
  };
}

/** The wheel zooms around the pointer; with Shift it moves sideways. */
function useWheel(box: React.RefObject<HTMLDivElement | null>, camera: Camera): void {
  useEffect(() => {
    const e = box.current;
    if (!e) return;
    const wheel = (w: WheelEvent): void => {
      w.preventDefault(); // or the page would scroll
      const r = e.getBoundingClientRect();
      if (w.shiftKey) camera.pan(-w.deltaY - w.deltaX, 0);
      else camera.zoom(Math.exp(-w.deltaY * (w.ctrlKey ? 0.01 : 0.0015)), w.clientX - r.left, w.clientY - r.top);
    };
    e.addEventListener('wheel', wheel, { passive: false });
    return () => e.removeEventListener('wheel', wheel);
  }, [box, camera]);
}
