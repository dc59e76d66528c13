// What is drawn of a graph of services, and what its nodes and edges are both drawn by.
import type { Theme } from '../theme';
import type { Curve } from './edges';

export interface GraphNode {
  id: string;
  name: string;
  kind: string;
  slot: number;
  /** Known from its callers only. */
  inferred: boolean;
  /** Shares of 5xx, 429 and 4xx; undefined if it has had no calls. */
  health: { faults: number; throttles: number; errors: number } | undefined;
  /** Figures to write; the second line only where the name takes one line. */
  rate: string;
  failing: string;
  /** Failing is worth the colour of errors. */
  alarming: boolean;
  latency: string;
  /** 1 is the usual size. */
  size: number;
  /** Compared with another period: from -1 (less) to 1 (more), and the words for it. */
  change: { share: number; words: string } | undefined;
}

export interface GraphEdge {
  from: number;
  to: number;
  width: number;
  /** Shares of 5xx. */
  faults: number;
  dashed: boolean;
  label: string;
  change: number | undefined;
}

export interface GraphInput {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  curves: readonly Curve[];
  /** Middles of nodes. */
  places: readonly { x: number; y: number }[];
  k: number;
  dx: number;
  dy: number;
  width: number;
  height: number;
  selected: number;
  selectedEdge: number;
  hover: number;
  hoverEdge: number;
  /** Nodes that stay bright; undefined for all. */
  bright: ReadonlySet<number> | undefined;
  matches: ReadonlySet<number> | undefined;
  pinned: (i: number) => boolean;
  glyph: (ctx: CanvasRenderingContext2D, kind: string, x: number, y: number) => void;
}

/** Below this scale nodes show less, and edges no labels. */
export const fullFrom = 0.78;

/** Whether an edge touches what is looked at. */
export function isNear(input: Pick<GraphInput, 'hover' | 'hoverEdge' | 'selected' | 'selectedEdge' | 'edges'>, e: number): boolean {
  const { from, to } = input.edges[e]!;
  const of = (i: number): boolean => i >= 0 && (from === i || to === i);
  return e === input.hoverEdge || e === input.selectedEdge || of(input.hover) || (input.hover < 0 && of(input.selected));
}

/** The colour of a change, the same in the middle. */
export function changeColor(theme: Theme, share: number): string {
  const n = theme.change.length - 1;
  return theme.change[Math.round(((Math.min(Math.max(share, -1), 1) + 1) / 2) * n)]!;
}
