import { useRef } from 'react';

import { nameOf, serviceOf, type TraceModel } from '../../charts/model';
import { eachRepeat, type Rows } from '../../charts/rows';
import type { Viewport } from '../../charts/viewport';
import { digits, duration } from '../../time/format';

interface Props {
  trace: TraceModel;
  rows: Rows;
  viewport: Viewport;
  width: number;
  rowAt: (y: number) => number;
  onSelect: (i: number) => void;
  onSelectMark: (mark: number) => void;
  onToggle: (row: number) => void;
}

/** What the pointer does over the bars: a crosshair with the moment, and a tooltip. All it says is also in the rows and the panel. */
export function Hover(p: Props): React.ReactElement {
  const line = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const hide = (): void => {
    line.current!.hidden = true;
    tip.current!.hidden = true;
  };
  const move = (e: React.PointerEvent): void => {
    const { offsetX: x, offsetY: y } = e.nativeEvent;
    const w = p.viewport.window;
    line.current!.hidden = false;
    line.current!.style.transform = `translateX(${x}px)`;
    const row = p.rowAt(y);
    const text = row < p.rows.count ? describe(p.trace, p.rows, row) : [];
    const box = tip.current!;
    box.hidden = false;
    box.replaceChildren(
      ...[...text, `at ${duration(w.from + (x / Math.max(p.width, 1)) * (w.to - w.from))}`].map((t) =>
        Object.assign(document.createElement('div'), { textContent: t }),
      ),
    );
    const left = x + 16 + box.offsetWidth > p.width ? x - box.offsetWidth - 12 : x + 16;
    box.style.transform = `translate(${Math.max(left, 0)}px, ${y + 18}px)`;
  };
  const rowOf = (e: React.MouseEvent): number => p.rowAt(e.nativeEvent.offsetY);
  return (
    <>
      <div ref={line} className="crosshair" hidden />
      <div
        className="hit"
        role="presentation"
        onPointerMove={move}
        onPointerLeave={hide}
        onClick={(e) => {
          const r = rowOf(e);
          if (r >= p.rows.count) return;
          if (p.rows.mark[r]! >= 0) p.onSelectMark(p.rows.mark[r]!);
          else p.onSelect(p.rows.span[r]!);
        }}
        onDoubleClick={(e) => {
          const r = rowOf(e);
          if (r < p.rows.count && p.rows.mark[r]! < 0) p.onToggle(r);
        }}
      />
      <div ref={tip} className="tip" aria-hidden="true" hidden />
    </>
  );
}

function describe(t: TraceModel, rows: Rows, row: number): string[] {
  const i = rows.span[row]!;
  const s = t.spans;
  const a = rows.mark[row]!;
  if (a >= 0) return [t.strings[t.annotations.name[a]!] ?? '', moment(t.annotations.time[a]!, 'at')];
  const title = `${serviceOf(t, i)}  ${nameOf(t, i)}`.trim();
  if (rows.times[row]! > 1) {
    let total = 0;
    let longest = 0;
    eachRepeat(t, rows, row, (k) => {
      total += s.duration[k]!;
      longest = Math.max(longest, s.duration[k]!);
    });
    return [`${title}  × ${rows.times[row]}`, `${duration(total)} in all, ${share(total, t.total)}, the longest ${duration(longest)}`];
  }
  return [
    title,
    `${duration(s.duration[i]!)}, ${share(s.duration[i]!, t.total)}`,
    `${duration(s.self[i]!)} its own, ${moment(s.start[i]!, 'starts at')}`,
  ];
}

function share(ns: number, total: number): string {
  return `${digits((100 * ns) / total)}\u2009% of the trace`;
}

function moment(ns: number, word: string): string {
  return `${word} ${ns === 0 ? '0' : duration(ns)}`;
}
