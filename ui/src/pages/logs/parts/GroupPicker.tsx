import { useEffect, useId, useMemo, useRef, useState } from 'react';

import { ago, count, momentMs } from '../../../time/format';
import type { Dataset } from '../data';
import { recentGroups } from '../recent';

interface Props {
  groups: Dataset[] | undefined;
  chosen: readonly string[];
  onChoose: (slugs: string[]) => void;
}

const most = 200;

/** The prefixes that several groups share, as `/aws/lambda/`. */
function prefixes(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  for (const n of names) {
    for (let at = n.indexOf('/', 1); at >= 0; at = n.indexOf('/', at + 1)) {
      const p = n.slice(0, at + 1);
      seen.set(p, (seen.get(p) ?? 0) + 1);
    }
  }
  return [...seen].filter(([, n]) => n > 1).map(([p]) => p);
}

/** Which groups of lines to look at: many, by name or prefix, the last used first. */
export function GroupPicker({ groups, chosen, onChoose }: Props): React.ReactElement {
  const [open, setOpen] = useState(false);
  const [find, setFind] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const outside = (e: PointerEvent): void => {
      if (!box.current?.contains(e.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  const names = useMemo(() => new Map((groups ?? []).map((g) => [g.slug, g.name])), [groups]);
  const needle = find.trim().toLowerCase();
  const hits = useMemo(() => {
    const recent = recentGroups();
    const rank = (g: Dataset): number => (recent.includes(g.slug) ? recent.indexOf(g.slug) : recent.length);
    return (groups ?? []).filter((g) => g.name.toLowerCase().includes(needle)).sort((a, b) => rank(a) - rank(b));
    // The recent ones are read when the list opens.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [groups, needle, open]);
  const folders = useMemo(
    () =>
      prefixes((groups ?? []).map((g) => g.name))
        .filter((p) => needle === '' || p.toLowerCase().includes(needle))
        .slice(0, 8),
    [groups, needle],
  );
  const flip = (slug: string): void => onChoose(chosen.includes(slug) ? chosen.filter((s) => s !== slug) : [...chosen, slug]);
  const label =
    chosen.length === 0 ? 'All log groups' : chosen.length === 1 ? (names.get(chosen[0]!) ?? chosen[0]!) : `${chosen.length} log groups`;
  return (
    <div
      ref={box}
      className="picker"
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || !open) return;
        e.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
      role="presentation"
    >
      <button
        ref={button}
        type="button"
        className="btn picker-button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        title={chosen.map((s) => names.get(s) ?? s).join('\n') || 'Lines of all log groups'}
        onClick={() => setOpen((o) => !o)}
      >
        <span className="clip">{label}</span> ▾
      </button>
      {open && (
        <div id={id} className="picker-pop" role="dialog" aria-label="Log groups">
          <input
            className="input small"
            aria-label="Find a log group"
            placeholder="find by name or prefix"
            value={find}
            // It was opened to be typed in.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            onChange={(e) => setFind(e.target.value)}
            onKeyDown={(e) => {
              if (e.key !== 'Enter' || !hits[0]) return;
              onChoose([hits[0].slug]);
              setOpen(false);
            }}
          />
          <div className="picker-list">
            {folders.map((p) => {
              const inside = (groups ?? []).filter((g) => g.name.startsWith(p)).map((g) => g.slug);
              return (
                <button key={p} type="button" className="picker-row" onClick={() => onChoose(inside)}>
                  <span className="clip grow">
                    <span className="muted">all of</span> {p}
                  </span>
                  <span className="muted">{inside.length}</span>
                </button>
              );
            })}
            {hits.slice(0, most).map((g) => (
              <label key={g.slug} className="picker-row">
                <input type="checkbox" checked={chosen.includes(g.slug)} onChange={() => flip(g.slug)} />
                <span className="clip grow" title={g.name}>
                  {g.name}
                </span>
                <span className="muted">{count(g.lines)} lines</span>
                <span className="muted picker-age">{ago(Date.now() - momentMs(g.last))}</span>
              </label>
            ))}
            {hits.length > most && <p className="muted picker-row">{hits.length - most} more: narrow by name</p>}
            {groups && hits.length === 0 && <p className="muted picker-row">No log group has that in its name.</p>}
            {!groups && <p className="muted picker-row">Looking…</p>}
          </div>
          <div className="row picker-foot">
            <button type="button" className="btn small" onClick={() => onChoose([])} disabled={chosen.length === 0}>
              All log groups
            </button>
            <span className="grow" />
            <button type="button" className="btn small" onClick={() => setOpen(false)}>
              Done
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
