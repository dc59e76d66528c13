import { useMemo, useState } from 'react';

import { go, setParams } from '../../app/location';
import { BubblePanel } from '../../query/bubble/BubblePanel';
import type { ValueActions } from '../../query/bubble/CellMenu';
import { filterText, nameText, type FieldValue } from '../../query/copyAs';
import { resolve } from '../../time/range';

interface Props {
  a: string[];
  b: string[];
  range: { from: string; to: string };
  onClose: () => void;
}

/** BubbleUp of the spans of set B against those of set A. */
export function Explain({ a, b, range, onClose }: Props): React.ReactElement {
  const body = useMemo(() => {
    const [from, to] = resolve(range, Date.now());
    return {
      dataset: '__all__',
      query: { start_time: Math.floor(from / 1000), end_time: Math.ceil(to / 1000), calculations: [{ op: 'COUNT' }] },
      selection: { type: 'traces', ids: b },
      baseline: { type: 'traces', ids: a },
    };
  }, [a, b, range]);
  const actions: ValueActions = {
    filter: (field, op, value) =>
      setParams({
        q: op === 'exists' || op === 'does-not-exist' ? `${nameText(field)} ${op}` : filterText(field, value as FieldValue, op),
      }),
    group: (field) => go(`/query?${new URLSearchParams({ calc: 'COUNT', by: nameText(field) }).toString()}`),
    bubble: (field, value) =>
      go(`/query?${new URLSearchParams({ calc: 'COUNT', where: filterText(field, value as FieldValue) }).toString()}`),
    traces: (field, value) => go(`/traces?${new URLSearchParams({ ...range, q: filterText(field, value as FieldValue) }).toString()}`),
  };
  const [swap, setSwap] = useState(false);
  if (a.length === 0 || b.length === 0) return <p className="note">One of the sets has no traces.</p>;
  return (
    <div className="panel explain">
      <BubblePanel
        runKey={JSON.stringify(body)}
        body={body}
        selection={{ type: 'traces', ids: b }}
        against="the traces of set A"
        swap={swap}
        actions={actions}
        onSwap={() => setSwap((x) => !x)}
        onZoom={undefined}
        onFilter={undefined}
        onClose={onClose}
      />
    </div>
  );
}
