import { useLayoutEffect, useRef, useState } from 'react';

/** The width of an element, kept as it changes. */
export function useWidth<E extends HTMLElement>(): [React.RefObject<E | null>, number] {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const e = ref.current;
    if (!e) return;
    const watch = new ResizeObserver(() => setWidth(e.clientWidth));
    watch.observe(e);
    setWidth(e.clientWidth);
    return () => watch.disconnect();
  }, []);
  return [ref, width];
}
