import { valueLabel, type Unit } from '../../../charts/scale';

interface Row {
  id: string;
  label: string;
  slot: number;
  value: number | null;
  earlier: number | null | undefined;
}

interface Props {
  x: number;
  width: number;
  title: string;
  rows: Row[];
  unit: Unit;
  chosen: string | undefined;
  /** Markers at this moment. */
  notes: string[];
}

const most = 8;

/** What all groups say at one moment, the largest first, the nearest always among them. */
export function ChartTip({ x, width, title, rows, unit, chosen, notes }: Props): React.ReactElement {
  const known = rows.filter((r) => r.value !== null).sort((a, b) => b.value! - a.value!);
  const top = known.slice(0, most);
  const nearest = known.find((r) => r.id === chosen);
  if (nearest && !top.includes(nearest)) top[most - 1] = nearest;
  return (
    <div className="tip" style={x < width / 2 ? { left: x + 14 } : { right: width - x + 14 }}>
      <div className="muted">{title}</div>
      {notes.map((n) => (
        <div key={n} className="tip-note">
          {n}
        </div>
      ))}
      {top.map((r) => (
        <div key={r.id} className={r.id === chosen ? 'tip-row on' : 'tip-row'}>
          <span className="bar-mark" style={{ background: r.slot === 0 ? 'var(--line-control)' : `var(--s${r.slot})` }} />
          <span className="clip grow" dir="auto">
            {r.label}
          </span>
          <span>{valueLabel(r.value!, unit)}</span>
          {r.earlier !== undefined && r.earlier !== null && <span className="muted">was {valueLabel(r.earlier, unit)}</span>}
        </div>
      ))}
      {known.length > top.length && <div className="muted">{known.length - top.length} more</div>}
      {known.length === 0 && <div className="muted">no value here</div>}
    </div>
  );
}
