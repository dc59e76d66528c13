import { useLayoutEffect, useRef } from 'react';

interface Props {
  label: string;
  /** CSS variable, set on the parent, that holds the width in percent of the parent. */
  variable: string;
  fallback: number;
  least: number;
  most: number;
  /** The width is that of what lies to the right. */
  fromRight?: boolean;
}

/** A line to drag between two parts; arrow keys move it too. The width is remembered. */
export function Splitter({ label, variable, fallback, least, most, fromRight }: Props): React.ReactElement {
  const ref = useRef<HTMLDivElement>(null);
  const key = `oriel.${variable}`;
  const set = (percent: number): void => {
    const p = Math.min(Math.max(Number.isFinite(percent) ? percent : fallback, least), most);
    ref.current!.parentElement!.style.setProperty(variable, `${p}%`);
    ref.current!.setAttribute('aria-valuenow', String(Math.round(p)));
    localStorage.setItem(key, String(p));
  };
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => set(Number(localStorage.getItem(key) ?? fallback)), []);
  const now = (): number => Number(ref.current!.getAttribute('aria-valuenow'));
  return (
    // A separator that can be moved is a control.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={ref}
      className={fromRight ? 'splitter right' : 'splitter'}
      role="separator"
      aria-label={label}
      aria-orientation="vertical"
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={fallback}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
      onPointerMove={(e) => {
        if (!e.currentTarget.hasPointerCapture(e.pointerId)) return;
        const r = e.currentTarget.parentElement!.getBoundingClientRect();
        set((100 * (fromRight ? r.right - e.clientX : e.clientX - r.left)) / r.width);
      }}
      onDoubleClick={() => set(fallback)}
      onKeyDown={(e) => {
        if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
        e.preventDefault();
        e.stopPropagation();
        set(now() + (e.key === 'ArrowLeft' ? -2 : 2) * (fromRight ? -1 : 1));
      }}
    />
  );
}
