// Whether the server can be reached: told by every request, and while it can't
// be, by looking again and again.
import { useSyncExternalStore } from 'react';

import { at } from '../app/root';

export interface Connection {
  lost: boolean;
  /** How often the connection has come back: what failed for the lack of it is worth another try. */
  returns: number;
}

let state: Connection = { lost: false, returns: 0 };
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

const first = 1_000;
const longest = 10_000;

function change(next: Connection): void {
  state = next;
  listeners.forEach((l) => l());
}

/** Tells that a request got no answer at all. */
export function noteLost(): void {
  if (state.lost) return;
  change({ ...state, lost: true });
  lookAgain(first);
}

/** Tells that the server answered, whatever it said. */
export function noteAnswer(): void {
  if (!state.lost) return;
  clearTimeout(timer);
  change({ lost: false, returns: state.returns + 1 });
}

function lookAgain(wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    fetch(at('/healthz'), { cache: 'no-store' }).then(
      // A proxy may answer for a server that is away.
      (r) => (r.status < 500 ? noteAnswer() : lookAgain(Math.min(wait * 2, longest))),
      () => lookAgain(Math.min(wait * 2, longest)),
    );
  }, wait);
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    () => state,
  );
}
