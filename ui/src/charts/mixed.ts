/** A colour of so much of one and the rest of another, both as #rrggbb, or #rgb: style sheets are shortened when they are built. */
export function mixed(a: string, b: string, share: number): string {
  const part = (hex: string, i: number): number =>
    parseInt(hex.length === 4 ? hex.charAt(1 + i).repeat(2) : hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  return `rgb(${[0, 1, 2].map((i) => Math.round(part(a, i) * share + part(b, i) * (1 - share))).join(' ')})`;
}
