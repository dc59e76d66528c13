import { expect, it } from 'vitest';

import { decode } from '../pages/errors/list/url';
import { errorsWith, servicePage } from './links';

it('leads to a service, whatever its name', () => {
  expect(servicePage('a/b', { from: '-1h', to: 'now' })).toBe('/service/a%2Fb?from=-1h&to=now');
});

it('leads to the errors of a service or a trace by what the Errors page reads', () => {
  const read = (to: string) => decode(new URL(to, 'http://oriel.test').searchParams);
  expect(read(errorsWith('service', 'gate & way'))).toMatchObject({ tab: 'all', q: 'service:"gate & way"' });
  expect(read(errorsWith('trace_id', 'a"b\\c')).q).toBe('trace_id:"a\\"b\\\\c"');
});
