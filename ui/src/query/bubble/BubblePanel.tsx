import './bubble.css';

import { useMemo, useRef, useState } from 'react';

import { usePrefs } from '../../app/prefs';
import { useSize } from '../../charts/useSize';
import { folded, headline, selectionWords, sidesWords, swapField, swapped, type FieldDifference } from './bubble';
import { afterShare, rest, sameBaseline, type Baseline, type BaselineChoice, type Selection } from './selection';
import { useDifference } from './useDifference';
import type { ValueActions } from './CellMenu';
import { FieldCard } from './FieldCard';
import { says, type Clause } from './says';

interface Props {
  runKey: string;
  body: unknown;
  selection: Selection;
  /** What it is compared with; everything else if it is left out. */
  baseline?: Baseline;
  /** What it is compared with in words, where there is nothing else to choose. */
  against?: string;
  /** What else it can be compared with. */
  baselines?: BaselineChoice[];
  onBaseline?: (b: Baseline) => void;
  swap: boolean;
  actions: ValueActions;
  onSwap: () => void;
  onZoom: (() => void) | undefined;
  onFilter: (() => void) | undefined;
  onClose: () => void;
}

/** What is different about what is picked: fields, most different first, with both sides. */
export function BubblePanel(props: Props): React.ReactElement {
  const { selection, swap, actions, baseline = rest, baselines = [], onBaseline, against = 'everything else in view' } = props;
  const { utc } = usePrefs();
  const [find, setFind] = useState('');
  const [list, { width }] = useSize<HTMLDivElement>();
  const found = useDifference('bubbleup', props.runKey, props.body);
  const fields = useHeldOrder(found.fields, list, found.done);
  const totals = useMemo(() => (swap ? swapped(found.totals) : found.totals), [swap, found.totals]);
  const shown = useMemo(() => {
    const needle = find.trim().toLowerCase();
    const hit = needle
      ? fields.filter(
          (f) => f.name.toLowerCase().includes(needle) || (f.values ?? []).some((v) => String(v.value).toLowerCase().includes(needle)),
        )
      : fields;
    return folded(swap ? hit.map(swapField) : hit);
  }, [fields, find, swap]);
  const clauses = useMemo(() => says(shown.ranked, totals, afterShare(baseline)), [shown, totals, baseline]);
  const card = (f: FieldDifference): React.ReactElement => (
    <FieldCard
      key={f.name}
      field={f}
      totals={totals}
      headline={f.class === 'ranked' ? (swap ? headline(f, totals, afterShare(baseline)) : f.headline) : ''}
      actions={actions}
      single={false}
      width={Math.max(width - 24, 100)}
    />
  );
  const none = found.done && !found.error && found.totals.selection === 0;
  const alone = found.done && !found.error && !none && found.totals.baseline === 0;
  return (
    <aside className="bubble" aria-label="BubbleUp">
      <header>
        <div className="row">
          <h2 className="grow">What is different</h2>
          <button type="button" className="btn small bare" onClick={props.onClose} title="Close (b)">
            Close
          </button>
        </div>
        <p className="bubble-sides">
          {found.fields.length === 0 && !found.done ? (
            'Comparing…'
          ) : (
            <>
              <span className="swatch a" aria-hidden="true" /> {sidesWords(found.totals, swap, baseline).split(' · ')[0]}
              <span className="swatch b" aria-hidden="true" /> {sidesWords(found.totals, swap, baseline).split(' · ')[1]}
              {!onBaseline && <span className="muted"> ({against})</span>}
            </>
          )}
        </p>
        <p className="muted clip" title={selectionWords(selection, utc)}>
          {selectionWords(selection, utc)}
        </p>
        {onBaseline && (
          <label className="bubble-against">
            <span className="muted">against</span>
            <select
              className="input small grow"
              aria-label="Compare with"
              value={baselines.findIndex((c) => sameBaseline(c.baseline, baseline))}
              onChange={(e) => onBaseline(baselines[Number(e.target.value)]?.baseline ?? rest)}
            >
              {baselines.map((c, i) => (
                <option key={`${i} ${c.label}`} value={i}>
                  {c.label}
                </option>
              ))}
            </select>
          </label>
        )}
        <div className="row wrap">
          <input
            className="input small grow"
            aria-label="Find a field or value"
            placeholder="find a field or value"
            value={find}
            onChange={(e) => setFind(e.target.value)}
            onKeyDown={(e) => e.key === 'Escape' && (setFind(''), e.stopPropagation())}
          />
          <button
            type="button"
            className="btn small"
            aria-pressed={swap}
            onClick={props.onSwap}
            title="Selection and baseline change sides"
          >
            Swap sides
          </button>
          {props.onZoom && (
            <button type="button" className="btn small" onClick={props.onZoom}>
              Zoom
            </button>
          )}
          {props.onFilter && (
            <button type="button" className="btn small" onClick={props.onFilter} title="Only the selection, as a condition of the query">
              Filter
            </button>
          )}
        </div>
        <div className="bubble-progress" style={{ transform: `scaleX(${found.done ? 0 : Math.max(found.share, 0.03)})` }} />
      </header>
      <div ref={list} className="bubble-list" aria-busy={!found.done}>
        {found.error && (
          <p className="note bad" role="alert">
            {found.error.message}
          </p>
        )}
        {none && <p className="empty">Nothing is in the selection at this time. Pick again on the chart.</p>}
        {alone && (
          <p className="empty">
            {baseline.type === 'previous' ? 'Nothing was there in the period before.' : 'Nothing is on the other side.'} Compare with
            something else.
          </p>
        )}
        {found.done && !none && !alone && shown.ranked.length === 0 && !found.error && (
          <p className="empty">{find ? 'No field or value holds that.' : 'Both sides are alike in all their fields.'}</p>
        )}
        {find === '' && <Said clauses={clauses} actions={actions} />}
        <ul>{shown.ranked.map(card)}</ul>
        {shown.groups.map((g) => (
          <details key={g.title} className="fieldfold" open={find !== '' || undefined}>
            <summary>{g.title}</summary>
            <ul>{g.fields.map(card)}</ul>
          </details>
        ))}
        {found.leftOut > 0 && <p className="muted fieldfold">{found.leftOut} more fields were not compared</p>}
        {found.done && !found.error && (
          <p className="muted fieldfold" role="status">
            all events of both sides compared in {Math.round(found.elapsedMs)}
            {'\u2009'}ms
          </p>
        )}
      </div>
    </aside>
  );
}

const fewAlike = 3;

/** The difference in words, and where to go from it. */
function Said({ clauses, actions }: { clauses: Clause[]; actions: ValueActions }): React.ReactElement | null {
  const [first, ...rest] = clauses;
  if (!first) return null;
  const alike = (c: Clause): string => {
    if (c.alike.length === 0) return '';
    const more = c.alike.length - fewAlike;
    return ` With it ${c.alike.length === 1 ? 'goes' : 'go'} ${c.alike.slice(0, fewAlike).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
  };
  return (
    <div className="bubble-says">
      <p>
        <b>{first.words}.</b>
        {alike(first)}
      </p>
      {rest.map((c) => (
        <p key={c.field}>
          {c.words}.{alike(c)}
        </p>
      ))}
      <div className="row">
        {first.value !== undefined && (
          <button
            type="button"
            className="btn small"
            onClick={() => actions.filter(first.field, first.value === null ? 'does-not-exist' : '=', first.value ?? null)}
          >
            Only these
          </button>
        )}
        <button type="button" className="btn small" onClick={() => actions.group(first.field)}>
          Group by {first.field}
        </button>
      </div>
    </div>
  );
}

/** Keeps fields in their places while the pointer is over them and better numbers stream in. */
function useHeldOrder(fields: FieldDifference[], list: React.RefObject<HTMLElement | null>, done: boolean): FieldDifference[] {
  const order = useRef<string[]>([]);
  return useMemo(() => {
    if (!done && order.current.length > 0 && list.current?.matches(':hover')) {
      const rank = new Map(order.current.map((n, i) => [n, i]));
      return [...fields].sort((a, b) => (rank.get(a.name) ?? 1e6) - (rank.get(b.name) ?? 1e6));
    }
    order.current = fields.map((f) => f.name);
    return fields;
  }, [fields, list, done]);
}
