import { expect, it } from 'vitest';

import { decode } from '../pages/errors/list/url';
import { decode as decodeQuery } from '../pages/query/url';
import { bubbleUp, errorsWith, servicePage } from './links';

it('leads to a service, whatever its name', () => {
  expect(servicePage('a/b', { from: '-1h', to: 'now' })).toBe('/service/a%2Fb?from=-1h&to=now');
});

it('leads to the errors of a service or a trace by what the Errors page reads', () => {
  const read = (to: string) => decode(new URL(to, 'http://oriel.test').searchParams);
  expect(read(errorsWith('service', 'gate & way'))).toMatchObject({ tab: 'all', q: 'service:"gate & way"' });
  expect(read(errorsWith('trace_id', 'a"b\\c')).q).toBe('trace_id:"a\\"b\\\\c"');
});

it('leads to BubbleUp by what the Query page reads', () => {
  const to = bubbleUp('service.name = "a b"', 'f:trace.span_id = "00ff"', { from: '1000', to: '2000' });
  expect(decodeQuery(new URL(to, 'http://oriel.test').searchParams)).toMatchObject({
    from: '1000',
    to: '2000',
    bubble: true,
    sel: [{ type: 'filter', text: 'trace.span_id = "00ff"' }],
    question: { where: { terms: [{ column: 'service.name', op: '=', value: 'a b' }] } },
  });
});
