import { go } from '../app/location';
import type { MenuItem } from '../widgets/Menu';
import { filterText, type FieldValue } from './copyAs';

/** Where log lines, and errors, that have a value in a field are, in the range of the page at hand. */
export function withIt(field: string, value: FieldValue, here: string): { lines: string; errors: string } {
  const at = new URLSearchParams(here);
  const address = (path: string, params: Record<string, string>) => {
    const p = new URLSearchParams(params);
    for (const name of ['from', 'to']) {
      const of = at.get(name);
      if (of) p.set(name, of);
    }
    return `${path}?${p.toString()}`;
  };
  const is = filterText(field, value);
  return {
    lines: address('/logs', { where: is }),
    errors: address('/query', { calc: 'COUNT', where: `${is} and meta.signal_type = "error"`, tab: 'raw' }),
  };
}

export function withItItems(field: string, value: FieldValue): MenuItem[] {
  const to = withIt(field, value, location.search);
  return [
    { label: 'Log lines with it', run: () => go(to.lines) },
    { label: 'Errors with it', run: () => go(to.errors) },
  ];
}
