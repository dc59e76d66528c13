import { describe, expect, it } from 'vitest';

import css from './tokens.css?raw';

function tokens(block: string): Map<string, string> {
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\s*;/g)].map((m) => [m[1]!, m[2]!]));
}

const [darkText, lightText] = css.split(":root[data-theme='light']");
const themes = { dark: tokens(darkText!), light: tokens(lightText!) };

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
  return (x + 0.05) / (y + 0.05);
}

const surfaces = ['bg-canvas', 'bg-sunken', 'bg-surface', 'bg-raised', 'bg-overlay', 'bg-hover'];

describe.each(Object.entries(themes))('the %s theme', (_, t) => {
  it.each(['text', 'text-2', 'text-3', 'accent', 'error'].flatMap((text) => surfaces.map((s) => [text, s] as const)))(
    '%s reads on %s',
    (text, surface) => {
      expect(contrast(t.get(text)!, t.get(surface)!)).toBeGreaterThanOrEqual(4.5);
    },
  );
  it.each(['error', 'warn', 'ok'])('%s reads on its own tint', (s) =>
    expect(contrast(t.get(s)!, t.get(`${s}-bg`)!)).toBeGreaterThanOrEqual(4.5),
  );
  it('the primary button reads', () => expect(contrast('#ffffff', t.get('accent-fill')!)).toBeGreaterThanOrEqual(4.5));
  it.each(['pick', 'line-control', 'error-mark', ...Array.from({ length: 12 }, (_, i) => `s${i + 1}`)])(
    '%s is seen on a surface',
    (mark) => {
      expect(contrast(t.get(mark)!, t.get('bg-surface')!)).toBeGreaterThanOrEqual(3);
    },
  );
  it('what is picked can be read', () => expect(contrast(t.get('on-pick')!, t.get('pick')!)).toBeGreaterThanOrEqual(4.5));
});
