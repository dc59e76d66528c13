import { useEffect, useRef } from 'react';

import { currentTheme, prepare, type Theme } from './theme';

interface Props {
  width: number;
  height: number;
  label: string;
  draw: (ctx: CanvasRenderingContext2D, theme: Theme) => void;
  /** Draws anew when this changes, at most once a frame and without a render. */
  viewport?: { onPaint: (paint: () => void) => () => void };
  /** What is more urgent is shown before it: it is drawn in a task of its own. */
  after?: boolean;
  className?: string;
}

/** A canvas that is drawn anew when what it shows, its viewport or the theme changes. */
export function Canvas({ width, height, label, draw, viewport, after = false, className }: Props): React.ReactElement {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas || width <= 0 || height <= 0) return;
    const paint = (): void => draw(prepare(canvas, width, height), currentTheme());
    const timer = after ? setTimeout(paint) : undefined;
    if (!after) paint();
    const watch = new MutationObserver(paint);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    // Text that was drawn before its font had come must be drawn again.
    if (document.fonts.status === 'loading') void document.fonts.ready.then(paint);
    const stop = viewport?.onPaint(paint);
    return () => {
      clearTimeout(timer);
      watch.disconnect();
      stop?.();
    };
  }, [width, height, draw, viewport, after]);
  return <canvas ref={ref} className={className} role="img" aria-label={label} style={{ width, height, display: 'block' }} />;
}
