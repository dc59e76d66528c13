import { useCallback, useState } from 'react';

import type { TraceModel } from '../../charts/model';
import { foldToDepth, subtree, type Rows } from '../../charts/rows';

export interface Folding {
  folded: ReadonlySet<number>;
  /** First spans of runs of repeats that are shown one by one. */
  unfolded: ReadonlySet<number>;
  toggle: (rows: Rows, row: number) => void;
  toggleSubtree: (i: number, fold: boolean) => void;
  toDepth: (levels: number) => void;
  unfoldAll: () => void;
  refoldRepeats: () => void;
  /** Unfolds what hides a span. */
  reveal: (rows: Rows, i: number) => void;
}

const none: ReadonlySet<number> = new Set();

/** Which rows are folded. Not part of the address: it is about reading, not about what is seen. */
export function useFolding(trace: TraceModel): Folding {
  const [folded, setFolded] = useState(none);
  const [unfolded, setUnfolded] = useState(none);
  const reveal = useCallback(
    (rows: Rows, i: number) => {
      const row = rows.rowOf[i]!;
      if (row >= 0 && rows.span[row] === i && rows.times[row] === 1) return;
      setFolded((f) => {
        const next = new Set(f);
        for (let p = trace.spans.parent[i]!; p >= 0; p = trace.spans.parent[p]!) next.delete(p);
        return next.size === f.size ? f : next;
      });
      if (row >= 0 && rows.times[row]! > 1 && rows.span[row] !== i) setUnfolded((u) => new Set([...u, rows.span[row]!]));
    },
    [trace],
  );
  return {
    folded,
    unfolded,
    toggle: (rows, row) => {
      const i = rows.span[row]!;
      if (rows.times[row]! > 1) setUnfolded((u) => new Set([...u, i]));
      else if (trace.spans.descendants[i]! > 0) {
        setFolded((f) => {
          const next = new Set(f);
          if (!next.delete(i)) next.add(i);
          return next;
        });
      }
    },
    toggleSubtree: (i, fold) =>
      setFolded((f) => {
        const next = new Set(f);
        for (const j of subtree(trace, i)) {
          if (fold) next.add(j);
          else next.delete(j);
        }
        return next;
      }),
    toDepth: (levels) => setFolded(foldToDepth(trace, levels)),
    unfoldAll: () => setFolded(none),
    refoldRepeats: () => setUnfolded(none),
    reveal,
  };
}
