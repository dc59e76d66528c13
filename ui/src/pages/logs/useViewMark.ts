import { useMemo, useRef } from 'react';

import type { Feed } from './feed';

export interface ViewMark {
  /** The time of the lines in view, ms. */
  at: [number, number] | undefined;
  onPaint: (paint: () => void) => () => void;
  shown: (from: number, to: number) => void;
}

/** Which time the lines in view are of, for the chart above them: told without a render, once a frame. */
export function useViewMark(feed: Feed): ViewMark {
  const now = useRef(feed);
  now.current = feed;
  return useMemo(() => {
    const painters = new Set<() => void>();
    let frame = 0;
    const mark: ViewMark = {
      at: undefined,
      onPaint: (paint) => {
        painters.add(paint);
        return () => painters.delete(paint);
      },
      shown: (from, to) => {
        const { lines } = now.current;
        const [a, b] = [lines[from], lines[Math.max(to - 1, from)]];
        mark.at = a && b ? [a.ms, b.ms] : undefined;
        frame ||= requestAnimationFrame(() => {
          frame = 0;
          painters.forEach((p) => p());
        });
      },
    };
    return mark;
  }, []);
}
