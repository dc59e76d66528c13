import { useCallback, useEffect, useRef, useState } from 'react';

import { setParams } from '../../app/location';
import type { TraceModel } from '../../charts/model';
import { spanOf } from '../../charts/model';

/** Browsers refuse many changes of the address at once, and a held key makes many. */
const writeAfter = 250;

export interface Selection {
  selected: number;
  /** The log line or error under it that is selected, -1 for the span itself. */
  line: number;
  select: (i: number) => void;
  selectLine: (mark: number) => void;
}

/** The selected span: kept by id, so that late spans don't move it, and written to the address when it rests. */
export function useSelection(trace: TraceModel, fromAddress: string): Selection {
  const [id, setId] = useState(fromAddress);
  const [line, setLine] = useState<{ trace: TraceModel; mark: number }>();
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
      setLine(undefined);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setParams({ span: next }, true), writeAfter);
    },
    [trace],
  );
  const selectLine = useCallback(
    (mark: number) => {
      const i = trace.annotations.span[mark] ?? -1;
      if (i >= 0) select(i);
      setLine({ trace, mark });
    },
    [trace, select],
  );
  // Lines have no ids: those of a trace that has grown may stand elsewhere.
  return { selected: spanOf(trace, id) ?? trace.root, line: line?.trace === trace ? line.mark : -1, select, selectLine };
}
