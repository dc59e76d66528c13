import { describe, expect, it } from 'vitest';

import { filterPattern, filterText, honeycombFilter, insightsFilter, rqlCondition, xrayExpression } from './copyAs';

describe('a condition in each language', () => {
  it('quotes what needs quotes', () => {
    expect(filterText('http.route', '/a"b')).toBe('http.route = "/a\\"b"');
    expect(filterText('with space', 5, '!=')).toBe('`with space` != 5');
    expect(honeycombFilter('http.route', '/x')).toBe('{"column":"http.route","op":"=","value":"/x"}');
    expect(filterPattern('http.route', '/x')).toBe(`{ $.['http.route'] = "/x" }`);
    expect(filterPattern('error', true)).toBe('{ $.error IS TRUE }');
    expect(insightsFilter('http.route', '/x')).toBe('filter `http.route` = "/x"');
    expect(rqlCondition('person.username', "o'neil")).toBe("person.username = 'o''neil'");
  });
  it.each([
    ['service.name', 'api', 'service("api")'],
    ['http.response.status_code', 500, 'http.status = 500'],
    ['duration_ms', 1500, 'duration = 1.5'],
    ['error', true, 'fault = true'],
    ['app.cart-size', 3, 'annotation[app_cart_size] = 3'],
    ['constructor', 'x', 'annotation[constructor] = "x"'],
  ])('writes %s for X-Ray', (field, value, text) => expect(xrayExpression(field, value)).toBe(text));
});
