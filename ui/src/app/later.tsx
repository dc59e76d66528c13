import { useEffect, useState, type ComponentType, type ReactNode } from 'react';

/** A component whose code is loaded by itself. */
export type Later<P> = ComponentType<P> & {
  /** Asks for the code before the component is there. */
  preload: () => void;
};

/**
 * A component whose code comes when it is first needed; until then `waiting` stands
 * there. Suspense would keep what has come for 300 ms, since it had shown a fallback.
 */
export function later<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, waiting?: ReactNode): Later<P> {
  let found: ComponentType<P> | undefined;
  let under: Promise<void> | undefined;
  const ask = (): Promise<void> =>
    (under ??= load().then(
      (code) => {
        found = code.default;
      },
      (error: unknown) => {
        under = undefined; // it can be asked for again
        throw error;
      },
    ));
  function Loaded(props: P): ReactNode {
    const [failed, setFailed] = useState<unknown>();
    const [, setCame] = useState(false);
    useEffect(() => {
      if (found) return;
      let left = false;
      ask().then(
        () => !left && setCame(true),
        (error: unknown) => !left && setFailed(error),
      );
      return () => {
        left = true;
      };
    }, []);
    if (failed !== undefined) throw failed;
    const Found = found;
    return Found ? <Found {...props} /> : waiting;
  }
  return Object.assign(Loaded, { preload: () => void ask().catch(() => undefined) });
}
