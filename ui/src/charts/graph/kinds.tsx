// What kinds of nodes look like: lines in a box of 16 by 16.
import type { NodeKind } from '../../api/map';

export const kindWords: Record<NodeKind, string> = {
  client: 'clients',
  service: 'service',
  database: 'database',
  queue: 'queue or topic',
  cache: 'cache',
  cloud: 'cloud service',
  remote: 'remote address',
};

const paths: Record<NodeKind, string> = {
  client: 'M8 2.5a2.6 2.6 0 1 1 0 5.2a2.6 2.6 0 1 1 0-5.2M2.8 13.5c.4-3 2.4-4.3 5.2-4.3s4.8 1.3 5.2 4.3',
  service: 'M8 2l5.2 3v6L8 14l-5.2-3V5zM2.8 5L8 8l5.2-3M8 8v6',
  database: 'M3 4.3c0-2.4 10-2.4 10 0s-10 2.4-10 0v7.4c0 2.4 10 2.4 10 0V4.3M3 8c0 2.4 10 2.4 10 0',
  queue: 'M2 5h3v6H2zM6.5 5h3v6h-3zM11 5h3v6h-3z',
  cache: 'M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z',
  cloud: 'M4.6 12.5a2.9 2.9 0 0 1-.2-5.8a3.9 3.9 0 0 1 7.5 1a2.4 2.4 0 0 1-.3 4.8z',
  remote: 'M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M2 8h12M8 2c-4.5 4-4.5 8 0 12M8 2c4.5 4 4.5 8 0 12',
};

const drawn = new Map<string, Path2D>();

/** Draws a kind with its upper left corner at a place. */
export function drawKind(ctx: CanvasRenderingContext2D, kind: string, x: number, y: number): void {
  let path = drawn.get(kind);
  if (!path) drawn.set(kind, (path = new Path2D(paths[kind as NodeKind] ?? paths.service)));
  ctx.save();
  ctx.translate(x, y);
  ctx.lineWidth = 1.25;
  ctx.lineJoin = 'round';
  ctx.stroke(path);
  ctx.restore();
}

export function KindGlyph({ kind }: { kind: NodeKind }): React.ReactElement {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" role="img">
      <title>{kindWords[kind]}</title>
      <path d={paths[kind]} />
    </svg>
  );
}
