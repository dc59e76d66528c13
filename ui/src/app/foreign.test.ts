import { describe, expect, it } from 'vitest';

import { fromHoneycomb, fromRollbar, idIn, inOurs, linkIn, looksLikeId, normalId } from './foreign';

const id = '5759e988bd862e3fe1be46a994272793';
const at = (url: string): string | undefined => {
  const u = new URL(url, 'http://oriel');
  return fromHoneycomb(u.pathname, u.searchParams);
};

describe('links made for Honeycomb', () => {
  it.each([
    [`/acme/environments/prod/datasets/api/trace?trace_id=${id}&span=00f067aa0ba902b7`, `/trace/${id}?span=00f067aa0ba902b7&env=prod`],
    [`/acme/datasets/api/trace?trace_id=${id}&trace_start_ts=1&trace_end_ts=2`, `/trace/${id}`],
    [`/acme/environments/prod/trace?trace_id=${id}`, `/trace/${id}?env=prod`],
    [`/acme/environments/prod/datasets/api/result/aBc/trace/${id}?fields[]=x&span=s1`, `/trace/${id}?span=s1&env=prod`],
    ['/acme/environments/prod/datasets/my%20api?query=%7B%7D', '/query/my%20api?query=%7B%7D&env=prod'],
    ['/acme/environments/prod', '/traces?env=prod'],
    ['/acme/environments/prod/datasets/api/result/4GRbMLi8CpwX', '/r/4GRbMLi8CpwX?env=prod'],
    ['/acme/environments/prod/result/4GRbMLi8CpwX/', '/r/4GRbMLi8CpwX?env=prod'],
    ['/acme/result/4GRbMLi8CpwX', '/r/4GRbMLi8CpwX'],
  ])('%s', (url, here) => expect(at(url)).toBe(here));
  it.each(['/traces', `/trace/${id}`, '/setup', '/query/api', '/acme/environments/prod/board/x', '/acme/trace?trace_id=x'])(
    'leaves %s alone',
    (url) => expect(at(url)).toBeUndefined(),
  );
});

it('an environment that is none here is left out', () => {
  const ours = [{ slug: 'test' }];
  expect(['/r/x?env=test', '/r/x?env=prod', '/trace/t?span=s&env=prod', '/traces'].map((to) => inOurs(to, ours))).toEqual([
    '/r/x?env=test',
    '/r/x',
    '/trace/t?span=s',
    '/traces',
  ]);
});

describe('ids', () => {
  it.each([
    [id, id],
    [`1-${id.slice(0, 8)}-${id.slice(8)}`, `1-${id.slice(0, 8)}-${id.slice(8)}`],
    [`https://oriel.example/trace/${id}?view=table`, id],
    [`https://ui.honeycomb.io/acme/environments/prod/datasets/api/trace?trace_id=${id}&span=x`, id],
    [
      `https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/1-5759e988-bd862e3fe1be46a994272793`,
      '1-5759e988-bd862e3fe1be46a994272793',
    ],
    ['V1npiL2GLj/hvkaplCcnkw==', id],
    [`00-${id}-00f067aa0ba902b7-01`, id],
    [`traceparent: 00-${id}-00f067aa0ba902b7-01`, id],
    ['X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=00f067aa0ba902b7;Sampled=1', '1-5759e988-bd862e3fe1be46a994272793'],
    ['AWS-XRAY-TRACE-ID: 1-5759e988-bd862e3fe1be46a994272793@00f067aa0ba902b7', '1-5759e988-bd862e3fe1be46a994272793'],
    ['5759e988-bd86-2e3f-e1be-46a994272793', '5759e988-bd86-2e3f-e1be-46a994272793'],
    ['1'.repeat(56), '1'.repeat(56)],
    ['1700000000000000000.1700000000000000001.0.0', '1700000000000000000.1700000000000000001.0.0'],
    ['00f067aa0ba902b7', '00f067aa0ba902b7'],
  ])('%s', (text, want) => {
    expect(looksLikeId(text)).toBe(true);
    expect(normalId(text)).toBe(want);
  });
  it.each(['home', 'http.route = "/x"', 'service', '12345', 'feedface'])('%s is none', (text) => expect(looksLikeId(text)).toBe(false));
  it('takes an id out of a link only', () => expect(idIn('traces/abc')).toBe('traces/abc'));
});

describe('links of other consoles', () => {
  const console = 'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1';
  it.each([
    [`${console}#logsV2:log-groups/log-group/$252Faws$252Flambda$252Ffeed`, { where: ['log.group = "/aws/lambda/feed"'] }],
    [
      `${console}#logsV2:log-groups/log-group/cruddur/log-events/web$252F1$3Fstart$3D1700000000000`,
      { where: ['log.group = "cruddur"', 'log.stream = "web/1"'] },
    ],
    [
      `${console}#logsV2:logs-insights$3FqueryDetail$3D~(end~0~start~-3600~editorString~'fields*20*40timestamp*0a*7c*20limit*205~source~(~'cruddur))`,
      { query: ['fields @timestamp\n| limit 5'] },
    ],
  ])('%s', (url, want) => {
    const to = new URL(linkIn(url) ?? '/', 'http://o');
    expect(Object.fromEntries([...new Set(to.searchParams.keys())].map((k) => [k, to.searchParams.getAll(k)]))).toEqual(want);
  });
  it.each([
    ['https://app.rollbar.com/a/acme/fix/item/web/123', '#123'],
    ['https://rollbar.com/acme/web/items/123/', '#123'],
    ['https://rollbar.com/acme/web/items/123/occurrences/456789/', '456789'],
    ['https://app.rollbar.com/a/acme/fix/item/web/123/occurrence/456789', '456789'],
    ['https://rollbar.com/item/uuid/?uuid=5759e988-bd86-2e3f-e1be-46a994272793', '5759e988-bd86-2e3f-e1be-46a994272793'],
    ['https://example.com/a/items/1', undefined],
  ])('%s', (url, want) => expect(fromRollbar(url)).toBe(want));
});
