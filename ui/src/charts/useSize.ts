import { useLayoutEffect, useRef, useState } from 'react';

export interface Size {
  width: number;
  height: number;
}

/** The inner size of an element, kept as it changes. */
export function useSize<E extends HTMLElement>(): [React.RefObject<E | null>, Size] {
  const ref = useRef<E>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const e = ref.current;
    if (!e) return;
    const measure = (): void =>
      setSize((s) => (s.width === e.clientWidth && s.height === e.clientHeight ? s : { width: e.clientWidth, height: e.clientHeight }));
    const watch = new ResizeObserver(measure);
    watch.observe(e);
    measure();
    return () => watch.disconnect();
  }, []);
  return [ref, size];
}
