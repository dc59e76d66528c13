import { describe, expect, it } from 'vitest';

import { traceOf } from './fixture';
import { nameOf } from './model';
import { buildRows, eachRepeat, foldToDepth, leftOut, runStart, sibling, subtree, wholeTrace, type View } from './rows';

const shop = traceOf(`
web GET 0 100
  cart Get 5 80
    db q 10 5
      db net 11 2
    db q 20 5
    db q 30 5 !
    db q 40 5
    db q 50 5
    db q 60 5
    db other 70 5
  web render 90 8
`);

function shown(view: Partial<View>): string[] {
  const r = buildRows(shop, { ...wholeTrace, ...view });
  return Array.from(r.span, (i, k) => `${i}:${nameOf(shop, i)}${r.times[k]! > 1 ? `×${r.times[k]}` : ''}`);
}

describe('buildRows', () => {
  it('shows every span', () => expect(shown({})).toHaveLength(11));
  it('folds five or more equal siblings, with all below them', () => {
    expect(shown({ foldRepeats: true })).toEqual(['0:GET', '1:Get', '2:q×6', '9:other', '10:render']);
  });
  it('shows unfolded repeats one by one, and nothing folds the rest of them', () => {
    expect(shown({ foldRepeats: true, unfoldedRepeats: new Set([2]) })).toHaveLength(11);
  });
  it('leaves out what is below a folded span', () => expect(shown({ folded: new Set([1]) })).toEqual(['0:GET', '1:Get', '10:render']));
  it('keeps what leads to an error', () => expect(shown({ errorsOnly: true })).toEqual(['0:GET', '1:Get', '5:q']));
  it('keeps what leads to a match', () => {
    const matches = new Uint8Array(shop.count);
    matches[10] = 1;
    expect(shown({ matches })).toEqual(['0:GET', '10:render']);
  });
  it('leaves out services and short spans', () => {
    expect(shown({ hidden: new Set([shop.strings.indexOf('db')]) })).toEqual(['0:GET', '1:Get', '10:render']);
    expect(shown({ minShare: 0.06 })).toEqual(['0:GET', '1:Get', '10:render']);
  });
  it('takes any span as the root', () => expect(shown({ root: 2 })).toEqual(['2:q', '3:net']));
  it('knows the row of each span, folded ones too', () => {
    const r = buildRows(shop, { ...wholeTrace, foldRepeats: true });
    expect(Array.from(r.rowOf)).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
    expect(runStart(shop, r, 6)).toBe(2);
    expect(runStart(shop, r, 9)).toBe(-1);
  });
});

it('visits the siblings of a run, not their children', () => {
  const seen: number[] = [];
  eachRepeat(shop, buildRows(shop, { ...wholeTrace, foldRepeats: true }), 2, (i) => seen.push(i));
  expect(seen).toEqual([2, 4, 5, 6, 7, 8]);
});

describe('siblings that take turns', () => {
  const feed = traceOf(`
web GET 0 100
  db posts 1 2
  db users 4 2
    db net 5 1
  db likes 7 2
  db users 10 2
  db likes 13 2
    db net 14 1
  db users 16 2
  db likes 19 2
  db users 22 2
  web render 90 8
`);
  const rowsOf = (view: Partial<View>): string[] => {
    const r = buildRows(feed, { ...wholeTrace, foldRepeats: true, ...view });
    return Array.from(r.span, (i, k) => `${i}:${nameOf(feed, i)}${r.times[k]! > 1 ? `×${r.times[k]}` : ''}`);
  };
  it('have a row each, and what is left of a turn is shown', () =>
    expect(rowsOf({})).toEqual(['0:GET', '1:posts', '2:users×3', '4:likes×3', '10:users', '11:render']));
  it('are all unfolded when one of their rows is', () => expect(rowsOf({ unfoldedRepeats: new Set([4]) })).toHaveLength(feed.count));
  it('are known by their rows', () => {
    const r = buildRows(feed, { ...wholeTrace, foldRepeats: true });
    expect(Array.from(r.rowOf)).toEqual([0, 1, 2, 2, 3, 2, 3, 3, 2, 3, 4, 5]);
    const seen: number[] = [];
    eachRepeat(feed, r, 3, (i) => seen.push(i));
    expect(seen).toEqual([4, 6, 9]);
  });
  it('end where one is left out', () => {
    const matches = new Uint8Array(feed.count).fill(1);
    matches[6] = matches[7] = 0;
    expect(rowsOf({ matches })).toHaveLength(feed.count - 2);
  });
});

it('folds to a depth', () => expect([...foldToDepth(shop, 2)]).toEqual([1, 2]));

it('finds subtrees and siblings', () => {
  expect(subtree(shop, 1)).toEqual([1, 2]);
  expect([
    sibling(shop, 2, 1),
    sibling(shop, 4, -1),
    sibling(shop, 10, 1),
    sibling(shop, 10, -1),
    sibling(shop, 0, 1),
    sibling(shop, 2, -1),
  ]).toEqual([4, 2, -1, 1, -1, -1]);
});

describe('log lines and errors as rows', () => {
  // Marks: span, ms, kind (1 exception, 2 link, 3 log).
  const marks: [number, number, number][] = [
    [0, 45, 3],
    [0, 5, 3],
    [1, 12, 1],
    [2, 15, 3],
    [0, 99, 2],
    [0, 70, 0],
    [-1, 1, 3],
  ];
  const logged = traceOf(
    `
web GET 0 100
  api list 10 30 !
    db q 12 5
  api more 50 30
`,
    {
      annotations: {
        span: marks.map((m) => m[0]),
        time: marks.map((m) => m[1] * 1e6),
        kind: marks.map((m) => m[2]),
        name: marks.map(() => 0),
        severity: marks.map(() => 0),
      },
    },
  );
  const shown = (change: Partial<View>): string[] => {
    const r = buildRows(logged, { ...wholeTrace, logs: true, ...change });
    return [...r.span].map((s, i) => (r.mark[i]! >= 0 ? `mark ${r.mark[i]!}` : `span ${s}`));
  };
  it('stand at their time among the children of their span; lone ones last', () =>
    expect(shown({})).toEqual(['span 0', 'mark 1', 'span 1', 'mark 2', 'span 2', 'mark 3', 'mark 0', 'span 3', 'mark 6']));
  it('are folded away with their span', () =>
    expect(shown({ folded: new Set([1]) })).toEqual(['span 0', 'mark 1', 'span 1', 'mark 0', 'span 3', 'mark 6']));
  it('are only errors where only errors are wanted', () => expect(shown({ errorsOnly: true })).toEqual(['span 0', 'span 1', 'mark 2']));
  it('are found again', () => {
    const r = buildRows(logged, { ...wholeTrace, logs: true });
    for (const [a, row] of r.rowOfMark) expect(r.mark[row]).toBe(a);
    expect(r.rowOfMark.size).toBe(5);
  });
  it('are left out when they are not wanted', () => expect(shown({ logs: false })).toHaveLength(4));
});

it('counts what filters leave out', () => {
  const t = traceOf(`
web GET 0 100
  db a 10 30 !
  db b 50 30
  api c 80 5
`);
  const rows = buildRows(t, { ...wholeTrace, hidden: new Set([t.strings.indexOf('db')]) });
  expect(leftOut(t, rows, -1)).toEqual({ spans: 2, errors: 1 });
});
