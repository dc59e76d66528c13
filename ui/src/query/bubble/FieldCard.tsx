import './bubble.css';

import { useState } from 'react';

import { valueLabel } from '../../charts/scale';
import { count } from '../../time/format';
import { Menu } from '../../widgets/Menu';
import { percent, valueShares, type FieldDifference, type Sides } from './bubble';
import { unitOf } from '../cell';
import { CellMenu, type ValueActions } from './CellMenu';
import { Histogram } from './Histogram';

interface Props {
  field: FieldDifference;
  totals: Sides;
  headline: string;
  actions: ValueActions;
  /** One side only, as Explore shows it. */
  single: boolean;
  width: number;
}

const few = 5;
// Marks that turn the direction of all that follows; in a value, they would turn the sentence about it.
const turns = /[\u202a-\u202e\u2066-\u2069]/g;

/** One field: what it says, two histograms for numbers, pairs of bars for values. */
export function FieldCard({ field, totals, headline, actions, single, width }: Props): React.ReactElement {
  const [all, setAll] = useState(false);
  const { shown, more } = valueShares(field, totals, all ? 50 : few);
  const { histogram } = field;
  const unit = unitOf(field.name);
  const longest = shown.reduce((m, v) => Math.max(m, v.shares.selection, v.shares.baseline), 0) || 1;
  const scale = longest > 0.5 ? 1 : longest;
  return (
    <li className="fieldcard">
      <div className="row">
        <Menu
          className="fieldname"
          name={`Field ${field.name}`}
          label={field.name}
          items={[
            { label: `Group by ${field.name}`, run: () => actions.group(field.name) },
            { label: 'Filter to events that have it', run: () => actions.filter(field.name, 'exists', null) },
            { label: 'Exclude events that have it', run: () => actions.filter(field.name, 'does-not-exist', null) },
            { label: 'Copy the name', run: () => void navigator.clipboard?.writeText(field.name) },
          ]}
        />
        <span className="muted">
          {field.kind}
          {field.distinct > 0 &&
            ` · ${field.distinct_at_least ? '≥ ' : ''}${count(field.distinct)} ${field.distinct === 1 ? 'value' : 'values'}`}
        </span>
      </div>
      {headline && <p className="fieldsays">{headline.replace(turns, '')}</p>}
      {histogram && <Histogram name={field.name} numbers={histogram} unit={unit} single={single} width={width} />}
      {histogram?.median && histogram.median.selection !== null && (
        <p className="muted medians">
          median {single ? '' : <span className="side-a">{valueLabel(histogram.median.selection, unit)}</span>}
          {single && valueLabel(histogram.median.selection, unit)}
          {!single && histogram.median.baseline !== null && (
            <>
              {' '}
              against <span className="side-b">{valueLabel(histogram.median.baseline, unit)}</span>
            </>
          )}
        </p>
      )}
      {(!histogram || all) && (
        <ul className="pairs">
          {shown.map((v) => (
            // What the value's own button does, over all of its row.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
            <li
              onClick={(e) => {
                if (!(e.target as HTMLElement).closest('button, [role=menu]'))
                  e.currentTarget.querySelector<HTMLElement>('.cellmenu button')?.click();
              }}
              key={v.value === undefined ? 'other values' : `${typeof v.value} ${String(v.value)} ${v.absent}`}
              className="pairrow"
              title={
                single
                  ? `${count(v.counts.selection)} of ${count(totals.selection)} events`
                  : `selection: ${count(v.counts.selection)} of ${count(totals.selection)}\nbaseline: ${count(v.counts.baseline)} of ${count(totals.baseline)}`
              }
            >
              <span className="pairname">
                {v.value === undefined ? (
                  <span className="value muted">other values</span>
                ) : (
                  <CellMenu field={field.name} value={v.absent ? null : v.value} actions={actions} />
                )}
              </span>
              <span className="pairbars" aria-hidden="true">
                {!single && <span className="pairbar b" style={{ width: `${(100 * v.shares.baseline) / scale}%` }} />}
                <span className={single ? 'pairbar b' : 'pairbar a'} style={{ width: `${(100 * v.shares.selection) / scale}%` }} />
              </span>
              <span className="pairnumbers">
                {!single && <span className="side-b">{percent(v.shares.baseline)}</span>}
                <span className={single ? '' : 'side-a'}>{percent(v.shares.selection)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {(more > 0 || (histogram && (field.values?.length ?? 0) > 0)) && (
        <button type="button" className="btn small bare" onClick={() => setAll((x) => !x)}>
          {all ? 'Fewer values' : histogram ? 'Values' : `${more} more values`}
        </button>
      )}
    </li>
  );
}
