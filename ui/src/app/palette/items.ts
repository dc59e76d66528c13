// What the palette offers for a text: pure, so that the first answer is there
// before the next frame.
import type { Start } from '../../api/types';
import type { Command } from '../keys';
import { looksLikeId } from '../foreign';

export interface Item {
  id: string;
  group: 'Found' | 'Recent' | 'Pages' | 'Services' | 'Filter' | 'Commands';
  title: string;
  /** What stands behind the title, fainter. */
  more?: string;
  keys?: string;
  slot?: number;
  /** Where it leads, or what it does. */
  to?: string;
  run?: () => void;
}

export interface Known {
  pages: readonly { to: string; name: string; keys: string }[];
  services: Start['services'];
  commands: readonly Command[];
  recent: readonly { to: string; title: string }[];
}

const mostOfAGroup = 8;

/** How well a text matches what somebody typed: undefined for not at all, smaller is better. */
export function rank(text: string, typed: string): number | undefined {
  const t = text.toLowerCase();
  let worst = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = t.indexOf(word);
    if (at < 0) return undefined;
    worst = Math.max(worst, at === 0 ? 0 : /[^a-z0-9]/.test(t[at - 1]!) ? 1 : 2);
  }
  return worst;
}

function best(items: Item[], typed: string, most = mostOfAGroup): Item[] {
  return items
    .map((item, i) => ({ item, i, score: rank(item.group === 'Commands' ? `${item.title} ${item.more}` : item.title, typed) }))
    .filter((x) => x.score !== undefined)
    .sort((a, b) => a.score! - b.score! || a.i - b.i)
    .slice(0, most)
    .map((x) => x.item);
}

/** Everything local that meets a text. `>` asks for commands only, `@` for services only, `#` for items of errors, which the server finds. */
export function itemsFor(text: string, known: Known): Item[] {
  const only = text[0] === '>' || text[0] === '@' ? text[0] : '';
  const typed = text.slice(only.length).trim();
  if (!only && (looksLikeId(typed) || typed.startsWith('#'))) return [];
  const commands = known.commands.map((c): Item => ({
    id: `command ${c.context} ${c.key}`,
    group: 'Commands',
    title: sentence(c.about),
    more: c.context,
    keys: c.shown,
    run: c.run,
  }));
  const services = known.services.map((s): Item => ({
    id: `service ${s.name}`,
    group: 'Services',
    title: s.name,
    slot: s.slot,
    more: 'service',
    to: `/service/${encodeURIComponent(s.name)}`,
  }));
  if (only === '>') return best(commands, typed, 50);
  if (only === '@') return best(services, typed, 50);
  const pages = known.pages.map((p): Item => ({ id: `page ${p.to}`, group: 'Pages', title: p.name, keys: p.keys, to: p.to }));
  const recent = known.recent.map((r): Item => ({ id: `recent ${r.to}`, group: 'Recent', title: r.title, more: 'trace', to: r.to }));
  if (typed === '') return [...recent.slice(0, 5), ...pages, ...commands.slice(0, 5)];
  return [...best(pages, typed), ...best(services, typed), ...best(recent, typed, 5), ...filterItem(typed), ...best(commands, typed)];
}

/** A text that may be a condition is offered as a filter of traces. */
function filterItem(typed: string): Item[] {
  if (!/[=<>]|\b(?:exists|contains|in|matches)\b/i.test(typed)) return [];
  return [{ id: 'filter', group: 'Filter', title: `Traces with ${typed}`, to: `/traces?q=${encodeURIComponent(typed)}` }];
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Which item is chosen: the one that was, wherever it is now; else the first. */
export function chosenAt(items: readonly Item[], id: string): number {
  return Math.max(
    items.findIndex((x) => x.id === id),
    0,
  );
}
