interface Props {
  where: readonly string[];
  onChange: (where: string[]) => void;
}

/** Conditions that came by a click: each can be turned around or taken away. */
export function Conditions({ where, onChange }: Props): React.ReactElement | null {
  if (where.length === 0) return null;
  return (
    <div className="chips" role="group" aria-label="Conditions">
      {where.map((w, i) => (
        <span key={w} className="chip">
          <button
            type="button"
            className="chip-text clip"
            title={`${w}\nclick to turn it around`}
            onClick={() => onChange(where.map((x, k) => (k === i ? opposite(x) : x)))}
          >
            {w}
          </button>
          <button type="button" aria-label={`Remove ${w}`} onClick={() => onChange(where.filter((x) => x !== w))}>
            ×
          </button>
        </span>
      ))}
      {where.length > 1 && (
        <button type="button" className="btn small bare" onClick={() => onChange([])}>
          Remove all
        </button>
      )}
    </div>
  );
}

/** A condition turned around. */
export function opposite(text: string): string {
  if (text.startsWith('NOT (') && text.endsWith(')')) return text.slice(5, -1);
  if (/\s(?:AND|OR)\s/.test(text)) return `NOT (${text})`;
  const pairs: readonly (readonly [string, string])[] = [
    ['=', '!='],
    ['exists', 'does-not-exist'],
    ['contains', 'does-not-contain'],
    ['>', '<='],
    ['<', '>='],
  ];
  const m = /^(`(?:[^`\\]|\\.)*`|\S+)\s+(\S+)([\s\S]*)$/.exec(text);
  const other = pairs.flatMap(([a, b]) => (m?.[2] === a ? [b] : m?.[2] === b ? [a] : []))[0];
  return m && other ? `${m[1]} ${other}${m[3]}` : `NOT (${text})`;
}
