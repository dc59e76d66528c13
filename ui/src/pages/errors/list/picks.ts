// Which items of a list are picked. Pure.

/** Flips one; with range, picks all from the last flipped to this one. */
export function flip(
  ids: readonly string[],
  picked: ReadonlySet<string>,
  from: string,
  id: string,
  range: boolean,
): { picked: ReadonlySet<string>; from: string } {
  const next = new Set(picked);
  const [a, b] = [ids.indexOf(from), ids.indexOf(id)];
  if (range && a >= 0 && b >= 0) {
    for (const x of ids.slice(Math.min(a, b), Math.max(a, b) + 1)) next.add(x);
    return { picked: next, from: id };
  }
  if (!next.delete(id)) next.add(id);
  return { picked: next, from: id };
}
