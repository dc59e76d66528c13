import { describe, expect, it } from 'vitest';

import { parseWhere } from '../../query/parse';
import { understand } from './filter';

describe('what the bar understands', () => {
  it.each([
    ['', 'empty', ''],
    ['status:500', 'fields', 'status = 500'],
    ['level:error service:web', 'fields', 'severity = "error" AND service.name = "web"'],
    ['-level:debug took:>250', 'fields', 'NOT severity = "debug" AND took > 250'],
    ['took:>=1.5s', 'fields', 'took >= 1.5s'],
    ['path:/api/* user.id:*', 'fields', 'path starts-with "/api/" AND user.id exists'],
    ['path:*home*', 'fields', 'path contains "home"'],
    ['path:*.png', 'fields', 'path ends-with ".png"'],
    ['path:/a/*/b.c', 'fields', 'path matches "^/a/.*/b\\\\.c$"'],
    ['item:007', 'fields', 'item = "007"'],
    ['level:WARNING', 'fields', 'severity = "warn"'],
    ['done:true', 'fields', 'done = true'],
    ['msg:"connection refused"', 'fields', 'body contains "connection refused"'],
    ['level:(error OR fatal)', 'fields', 'severity in ("error", "fatal")'],
    ['level:error OR status:500', 'fields', 'severity = "error" OR status = 500'],
    ['a:1 b:2 OR c:3', 'fields', '(a = 1 AND b = 2) OR c = 3'],
    ['timeout service:web', 'fields', 'body matches "(?i)timeout" AND service.name = "web"'],
    ['"odd name":x', 'fields', '`odd name` = "x"'],
    ['status = 500 AND user.id exists', 'condition', 'status = 500 AND user.id exists'],
    ['ERROR', 'pattern', 'body contains "ERROR"'],
    ['ERROR -health "not found"', 'pattern', 'body contains "ERROR" AND NOT body contains "health" AND body contains "not found"'],
    ['?ERROR ?WARN', 'pattern', '(body contains "ERROR" OR body contains "WARN")'],
    ['http://example.com/x', 'pattern', 'body contains "http://example.com/x"'],
    ['12:30:01', 'pattern', 'body contains "12:30:01"'],
    ['[error]', 'pattern', undefined],
    ['{ $.status = 5* }', 'pattern', undefined],
    ['%ab+c%', 'pattern', undefined],
  ] as const)('%s', (text, kind, where) => {
    const u = understand(text);
    expect([u.kind, u.where]).toEqual([kind, where]);
    if (where) expect(() => parseWhere(where)).not.toThrow();
  });

  it('marks what lines must hold, not what they must not', () => {
    expect(understand('ERROR -health "not found"').marks).toEqual(['ERROR', 'not found']);
    expect(understand('timeout msg:*pool* level:error -x').marks).toEqual(['timeout', 'pool']);
  });

  it('says where a quote is left open', () => {
    expect(understand('level:error "half').error).toEqual({ at: 12, message: 'the text that begins here is not closed with a quote' });
  });
});
