import { useEffect, useRef } from 'react';

import { prepare, readTheme, type Theme } from './draw';

interface Props {
  width: number;
  height: number;
  label: string;
  draw: (ctx: CanvasRenderingContext2D, theme: Theme) => void;
  className?: string;
}

/** A canvas that is drawn anew when what it shows, or the theme, changes. */
export function Canvas({ width, height, label, draw, className }: Props): React.ReactElement {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const paint = (): void => {
      const canvas = ref.current;
      if (canvas && width > 0) draw(prepare(canvas, width, height), readTheme(canvas));
    };
    paint();
    const watch = new MutationObserver(paint);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => watch.disconnect();
  }, [width, height, draw]);
  return <canvas ref={ref} className={className} role="img" aria-label={label} style={{ width, height, display: 'block' }} />;
}
