import { describe, expect, it } from 'vitest';
import { withIt } from './withIt';

describe('what has a value', () => {
  it('is looked for in the range of the page', () => {
    const to = withIt('http.route', '/a "b"', '?from=-1h&to=now&calc=COUNT');
    const lines = new URL(to.lines, 'http://x');
    expect(lines.pathname).toBe('/logs');
    expect(Object.fromEntries(lines.searchParams)).toEqual({ where: 'http.route = "/a \\"b\\""', from: '-1h', to: 'now' });
    const errors = new URL(to.errors, 'http://x');
    expect(Object.fromEntries(errors.searchParams)).toEqual({
      calc: 'COUNT',
      where: 'http.route = "/a \\"b\\"" and meta.signal_type = "error"',
      tab: 'raw',
      from: '-1h',
      to: 'now',
    });
  });
  it('has the range of the other page where there is none', () => {
    expect(withIt('n', 1, '').lines).toBe('/logs?where=n+%3D+1');
  });
});
