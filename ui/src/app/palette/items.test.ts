import { expect, it } from 'vitest';

import { chosenAt, itemsFor, rank, type Known } from './items';

const run = (): void => undefined;
const known: Known = {
  pages: [
    { to: '/traces', name: 'Traces', keys: 'g t' },
    { to: '/setup', name: 'Set-up', keys: 'g s' },
  ],
  services: [
    { name: 'web', slot: 1 },
    { name: 'trace-store', slot: 2 },
  ],
  commands: [
    { context: 'Trace', key: 'p', shown: 'p', about: 'critical path', run },
    { context: 'Time', key: '-', shown: '-', about: 'look at twice the time', run },
  ],
  recent: [{ to: '/trace/abc', title: 'web GET /home' }],
};
const titles = (text: string): string[] => itemsFor(text, known).map((i) => `${i.group}: ${i.title}`);

it('ranks a beginning before a word before a middle', () => {
  expect([rank('trace-store', 'trace'), rank('trace-store', 'store'), rank('trace-store', 'race'), rank('web', 'x')]).toEqual([
    0,
    1,
    2,
    undefined,
  ]);
});

it.each([
  ['', ['Recent: web GET /home', 'Pages: Traces', 'Pages: Set-up', 'Commands: Critical path', 'Commands: Look at twice the time']],
  ['trace', ['Pages: Traces', 'Services: trace-store', 'Commands: Critical path']],
  ['home', ['Recent: web GET /home']],
  ['>time', ['Commands: Look at twice the time']],
  ['>', ['Commands: Critical path', 'Commands: Look at twice the time']],
  ['@store', ['Services: trace-store']],
  ['duration_ms > 500', ['Filter: Traces with duration_ms > 500']],
  ['5759e988bd862e3fe1be46a994272793', []],
])('offers for %j', (text, want) => expect(titles(text)).toEqual(want));

it('a service leads to its page', () => expect(itemsFor('@web', known)[0]?.to).toBe('/service/web'));

it('keeps what is chosen when answers of the server join before it', () => {
  const items = itemsFor('', known);
  const joined = [{ id: 'found', group: 'Found' as const, title: 'x' }, ...items];
  expect(chosenAt(joined, items[2]!.id)).toBe(3);
  expect(chosenAt(joined, 'gone')).toBe(0);
});
