import { useCallback, useEffect, useRef, useState } from 'react';

import { setParams } from '../../app/location';
import type { TraceModel } from '../../charts/model';
import { rootOf } from '../../charts/model';

/** Browsers refuse many changes of the address at once, and a held key makes many. */
const writeAfter = 250;

/** The selected span: kept by id, so that late spans don't move it, and written to the address when it rests. */
export function useSelection(trace: TraceModel, fromAddress: string): [selected: number, select: (i: number) => void] {
  const [id, setId] = useState(fromAddress);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [seen, setSeen] = useState(fromAddress);
  if (seen !== fromAddress) {
    // Back, forward or a link changed the address.
    setSeen(fromAddress);
    setId(fromAddress);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const select = useCallback(
    (i: number) => {
      const next = trace.spans.id[i];
      if (next === undefined) return;
      setId(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setParams({ span: next }, true), writeAfter);
    },
    [trace],
  );
  return [trace.spanOf.get(id) ?? rootOf(trace), select];
}
