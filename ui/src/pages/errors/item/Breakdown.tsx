import { useMemo, useState } from 'react';

import type { ItemBundle } from '../../../api/errors';
import { useSize } from '../../../charts/useSize';
import { go } from '../../../app/location';
import { BubblePanel } from '../../../query/bubble/BubblePanel';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { FieldCard } from '../../../query/bubble/FieldCard';
import { forServer, type Selection } from '../../../query/bubble/selection';
import { useDifference } from '../../../query/bubble/useDifference';
import { ident, quote } from '../../../query/lex';
import { filterText, type FieldValue } from '../../../query/copyAs';
import { count } from '../../../time/format';
import { order } from './breakdown';
import type { ItemState } from './url';

interface Props {
  bundle: ItemBundle;
  service: string;
  state: ItemState;
  set: (c: Partial<ItemState>) => void;
}

const second = 1_000_000_000n;

/** What the occurrences have in common, field by field; and against all other traffic. */
export function Breakdown({ bundle, service, state, set }: Props): React.ReactElement {
  const { item } = bundle;
  const [find, setFind] = useState('');
  const [list, { width }] = useSize<HTMLDivElement>();
  const range = useMemo(() => {
    const from = BigInt(item.first || '0') - 3600n * second;
    return `FROM ${from / second} TO ${BigInt(Math.ceil(Date.now() / 1000)) + 60n}`;
  }, [item.first]);
  const ask = { dataset: '__all__', text: `WHERE ${bundle.where} ${range}` };
  const found = useDifference('explore', `breakdown ${item.id} ${item.last}`, ask);
  const fields = useMemo(() => order(found.fields, find), [found.fields, find]);
  const actions = useActions();
  // Against what the service did in the same time; without one, against all errors.
  const others = service !== '' ? `service.name = ${quote(service)}` : `error.fingerprint exists`;
  const selection: Selection = { type: 'filter', text: bundle.where };
  const bubbleBody = { dataset: '__all__', text: `WHERE (${bundle.where}) OR ${others} ${range}`, selection: forServer(selection) };
  const columns = Math.max(Math.floor(width / 380), 1);
  return (
    <div className="ibreak">
      <div className="itab grow">
        <div className="row">
          <input
            className="input small ifind"
            aria-label="Find a field or value"
            placeholder="find a field or value"
            value={find}
            onChange={(e) => setFind(e.target.value)}
            onKeyDown={(e) => e.key === 'Escape' && (find === '' ? e.currentTarget.blur() : setFind(''))}
          />
          <span className="muted" role="status">
            {found.done ? compared(found.totals.selection) : 'Looking…'}
          </span>
          <span className="grow" />
          <button
            type="button"
            className="btn small"
            aria-pressed={state.bubble}
            onClick={() => set({ bubble: !state.bubble })}
            title="What sets it apart (b)"
          >
            {service !== '' ? `BubbleUp against ${service}` : 'BubbleUp against all errors'}
          </button>
        </div>
        {found.error && (
          <p className="note bad" role="alert">
            {found.error.message}
          </p>
        )}
        <div ref={list}>
          <ul className="icards" style={{ columnCount: columns }}>
            {fields.map((f) => (
              <FieldCard key={f.name} field={f} totals={found.totals} headline="" actions={actions} single width={width / columns - 48} />
            ))}
          </ul>
        </div>
        {found.done && fields.length === 0 && !found.error && (
          <NoFields find={find} any={found.totals.selection > 0} onClear={() => setFind('')} />
        )}
      </div>
      {state.bubble && (
        <BubblePanel
          runKey={`bubble ${item.id} ${others} ${range}`}
          body={bubbleBody}
          selection={selection}
          against={service !== '' ? `what else ${service} did` : 'all other errors'}
          swap={state.swap}
          actions={actions}
          onSwap={() => set({ swap: !state.swap })}
          onZoom={undefined}
          onFilter={undefined}
          onClose={() => set({ bubble: false })}
        />
      )}
    </div>
  );
}

const compared = (n: number): string => `${count(n)} ${n === 1 ? 'occurrence' : 'occurrences'} looked at`;

/** Why there is no field to see. */
function NoFields({ find, any, onClear }: { find: string; any: boolean; onClear: () => void }): React.ReactElement {
  if (find !== '') {
    return (
      <div className="empty">
        <h2>No field or value holds “{find}”</h2>
        <button type="button" className="btn" onClick={onClear}>
          Show all fields
        </button>
      </div>
    );
  }
  return any ? (
    <div className="empty">
      <h2>These occurrences say nothing to break down</h2>
      <p>
        They have no field beside those every error has. What an app sends as <code>person</code>, <code>request</code>, <code>custom</code>{' '}
        or as attributes of its span appears here, each with its share.
      </p>
    </div>
  ) : (
    <div className="empty">
      <h2>No occurrence is kept any more</h2>
      <p>They are older than their dataset keeps events. How often the item happened is still counted; a new occurrence appears here.</p>
    </div>
  );
}

function useActions(): ValueActions {
  return useMemo(() => {
    const query = (p: Record<string, string>): void => go(`/query?${new URLSearchParams(p).toString()}`);
    return {
      filter: (field, op, value) =>
        query({
          calc: 'COUNT',
          where:
            value === null || op === 'exists' || op === 'does-not-exist'
              ? `${ident(field)} ${op}`
              : filterText(field, value as FieldValue, op),
        }),
      group: (field) => query({ calc: 'COUNT', where: 'error.fingerprint exists', by: ident(field) }),
      bubble: (field, value) => query({ calc: 'COUNT', sel: `f:${filterText(field, value as FieldValue)}`, bubble: '1' }),
      traces: (field, value) => go(`/traces?q=${encodeURIComponent(filterText(field, value as FieldValue))}`),
    };
  }, []);
}
