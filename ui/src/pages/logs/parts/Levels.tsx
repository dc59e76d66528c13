import { count } from '../../../time/format';
import type { Histogram } from '../data';
import { lineLevel, lineLevels, type LineLevel } from '../lines';

interface Props {
  /** How many lines have each; waiting while they are counted, undefined where nobody counts. */
  counts: ReadonlyMap<LineLevel, number> | 'waiting' | undefined;
  chosen: readonly LineLevel[];
  onChoose: (levels: LineLevel[]) => void;
}

export function levelCounts(h: Histogram | undefined): Map<LineLevel, number> {
  const out = new Map<LineLevel, number>();
  for (const g of h?.levels ?? []) {
    const level = lineLevel(g.level);
    out.set(level, (out.get(level) ?? 0) + g.total);
  }
  return out;
}

/** Levels with their counts: a click shows one alone, further ones join it. */
export function Levels({ counts, chosen, onChoose }: Props): React.ReactElement {
  return (
    <div className="levels" role="group" aria-label="Levels">
      {lineLevels.map((level) => {
        const n = counts === 'waiting' ? 0 : (counts?.get(level) ?? 0);
        const on = chosen.includes(level);
        if (counts && n === 0 && !on && (level === 'none' || level === 'fatal' || level === 'trace')) return null;
        return (
          <button
            key={level}
            type="button"
            className={`btn small lchip${chosen.length > 0 && !on ? ' off' : ''}`}
            aria-pressed={on}
            title={on ? 'Leave this level out' : chosen.length > 0 ? 'Show this level, too' : 'Show this level alone'}
            onClick={() => onChoose(on ? chosen.filter((l) => l !== level) : [...chosen, level])}
          >
            <span className={`bar-mark lvbg-${level}`} />
            {level === 'none' ? 'no level' : level}
            {counts && <span className="muted lcount">{counts === 'waiting' ? '' : count(n)}</span>}
          </button>
        );
      })}
      {chosen.length > 0 && (
        <button type="button" className="btn small bare" onClick={() => onChoose([])}>
          All levels
        </button>
      )}
    </div>
  );
}
