import { useEffect, useRef, useState } from 'react';

import { go } from '../../app/location';

/** Any value: click for what can be done with it. */
export function ValueMenu({ field, value }: { field: string; value: string | number | boolean }): React.ReactElement {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (e: Event): void => {
      if (!(e instanceof KeyboardEvent) ? !box.current?.contains(e.target as Node) : e.key === 'Escape') setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, [open]);
  const text = String(value);
  const literal = typeof value === 'string' ? JSON.stringify(value) : text;
  const name = /^[A-Za-z_@$][\w.@$/:-]*$/.test(field) ? field : '`' + field + '`';
  const copy = (t: string): void => void navigator.clipboard.writeText(t);
  const filter = (op: string): void => go('/traces?q=' + encodeURIComponent(`${name} ${op} ${literal}`));
  const actions: [string, () => void][] = [
    ['Traces with this value', () => filter('=')],
    ['Traces with another', () => filter('!=')],
    ...(typeof value === 'number'
      ? ([
          ['Traces with more', () => filter('>')],
          ['Traces with less', () => filter('<')],
        ] as [string, () => void][])
      : []),
    ['Copy the value', () => copy(text)],
    ['Copy as filter', () => copy(`${name} = ${literal}`)],
    ['Copy as Honeycomb filter', () => copy(JSON.stringify({ column: field, op: '=', value }))],
    ['Copy as X-Ray expression', () => copy(`annotation[${field}] = ${literal}`)],
    ['Copy as Insights filter', () => copy(`filter \`${field}\` = ${literal}`)],
  ];
  const cut = text.length > 4096;
  return (
    <span ref={box} className="value">
      <button type="button" className="link" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen((o) => !o)}>
        {text === '' ? <span className="muted">(empty)</span> : cut ? text.slice(0, 4096) + '…' : text}
      </button>
      {open && (
        <span role="menu" className="menu fade" aria-label={field}>
          {actions.map(([label, run]) => (
            <button
              key={label}
              type="button"
              role="menuitem"
              onClick={() => {
                setOpen(false);
                run();
              }}
            >
              {label}
            </button>
          ))}
        </span>
      )}
    </span>
  );
}
