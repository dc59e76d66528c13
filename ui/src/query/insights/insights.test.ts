import { describe, expect, it } from 'vitest';

import { charsOf, filled, helpAt, mistakeOf, nameText, parametersOf, placeOf, suggest, valueText, type Known } from './complete';
import { pieces } from './lex';

const known: Known = {
  commands: ['fields', 'filter', 'stats', 'sort', 'limit', 'parse'].map((name) => ({
    name,
    signature: name,
    help: `${name} helps`,
    kind: 'command',
  })),
  functions: [
    { name: 'count', signature: 'count(x)', help: 'how many', kind: 'aggregate' },
    { name: 'bin', signature: 'bin(period)', help: 'times', kind: 'function' },
    { name: 'strlen', signature: 'strlen(s)', help: 'length', kind: 'function' },
  ],
  fields: [
    { name: 'status', type: 'int', fill: 1 },
    { name: 'http.route', type: 'string', fill: 0.5 },
    { name: 'user-agent', type: 'string', fill: 0.2 },
  ],
};

const kinds = (text: string): string =>
  pieces(text)
    .filter((p) => p.kind !== 'space')
    .map((p) => `${p.kind}:${p.text}`)
    .join(' ');

/** The place of | in a text, and what is offered there. */
function at(text: string): { kind: string; labels: string[] } {
  const caret = text.indexOf('¦');
  const place = placeOf(text.replace('¦', ''), caret);
  return { kind: place.wanted.kind, labels: suggest(place, known).map((s) => s.label) };
}

describe('pieces', () => {
  it('are what the language has', () => {
    expect(kinds('fields @timestamp, `user-agent` as ua # note')).toBe(
      'command:fields field:@timestamp sign:, field:`user-agent` keyword:as field:ua comment:# note',
    );
    expect(kinds('filter status >= 500 and msg like /time\\/out/ | stats count(*) by bin(5m)')).toBe(
      'command:filter field:status sign:>= number:500 keyword:and field:msg keyword:like regex:/time\\/out/ sign:| command:stats function:count sign:( sign:* sign:) keyword:by function:bin sign:( number:5m sign:)',
    );
    expect(kinds('parse @message /user=(?<u>\\w+)/ | filter a/b > 2 and x in ["a", \'b\']')).toBe(
      'command:parse field:@message regex:/user=(?<u>\\w+)/ sign:| command:filter field:a sign:/ field:b sign:> number:2 keyword:and field:x keyword:in sign:[ string:"a" sign:, string:\'b\' sign:]',
    );
    expect(kinds('filter level = {{level}}')).toBe('command:filter field:level sign:= parameter:{{level}}');
  });
  it('cover the text, whatever it is', () => {
    for (const text of ['', '"open', 'filter a = `b', '/x', '|||', '{{', '§ 1.2.3 €', 'a\n#b'])
      expect(
        pieces(text)
          .map((p) => p.text)
          .join(''),
      ).toBe(text);
  });
});

describe('completion', () => {
  it('offers commands where one begins', () => {
    expect(at('¦').labels).toContain('fields');
    expect(at('fi¦').labels).toEqual(['fields', 'filter']);
    expect(at('fields a | st¦').labels).toEqual(['stats']);
  });
  it('offers fields, with back quotes where they need them, and functions once something is typed', () => {
    expect(at('fields ¦').labels).toEqual(expect.arrayContaining(['@timestamp', 'status', 'http.route']));
    expect(at('fields ¦').labels).not.toContain('strlen(…)');
    expect(at('fields strl¦').labels).toEqual(['strlen(…)']);
    expect(at('fields count¦').labels).toEqual([]);
    expect(nameText('user-agent')).toBe('`user-agent`');
    expect(nameText('in')).toBe('`in`');
  });
  it('offers aggregates of stats, and fields of what they take and are grouped by', () => {
    expect(at('stats ¦').labels[0]).toBe('count(…)');
    expect(at('stats count(¦').labels).not.toContain('count(…)');
    expect(at('stats count(*) by b¦').labels).toContain('bin(…)');
    expect(at('stats count(*) by ¦').labels).toContain('status');
  });
  it('offers values where a field is compared', () => {
    const value = (text: string): unknown => placeOf(text, text.length).wanted;
    expect(value('filter status = ')).toEqual({ kind: 'value', field: 'status', quote: '"' });
    expect(value("filter `user-agent` != 'Mo")).toEqual({ kind: 'value', field: 'user-agent', quote: "'" });
    expect(value('filter level in ["a", "')).toEqual({ kind: 'value', field: 'level', quote: '"' });
    expect(value('filter a not like "')).toEqual({ kind: 'value', field: 'a', quote: '"' });
    expect(value('filter a like /x')).toEqual({ kind: 'nothing' });
    expect(placeOf('filter a = "Mo', 14)).toMatchObject({ prefix: 'Mo', from: 11 });
    expect(valueText('say "x"\\')).toBe('"say \\"x\\"\\\\"');
    expect(valueText(3)).toBe('3');
  });
  it('offers what joins conditions, and nothing where a new name or number stands', () => {
    expect(at('filter status = 500 a¦').labels).toEqual(['and']);
    expect(at('fields a as ¦').kind).toBe('nothing');
    expect(at('limit ¦').kind).toBe('nothing');
    expect(at('fields a # fi¦').kind).toBe('nothing');
  });
});

describe('help and mistakes', () => {
  it('says what a command or function is', () => {
    const text = 'fields a | stats count(*) by bin(5m)';
    expect(helpAt(text, 2, known)?.help).toBe('fields helps');
    expect(helpAt(text, text.indexOf('bin') + 1, known)?.signature).toBe('bin(period)');
    expect(helpAt(text, 7, known)).toBeUndefined();
  });
  it('finds the place of a mistake, in characters, and what may mend it', () => {
    const text = 'fields "é😀" | fitler a';
    const bytes = new TextEncoder().encode('fields "é😀" | ').length;
    expect(charsOf(text, bytes)).toBe(text.indexOf('fitler'));
    expect(mistakeOf(text, 'unknown command fitler: did you mean filter?', [bytes, bytes + 6])).toMatchObject({
      from: text.indexOf('fitler'),
      to: text.indexOf(' a'),
      fix: 'filter',
    });
    expect(mistakeOf('x', 'broken', undefined)).toEqual({ from: 1, to: 1, message: 'broken' });
  });
});

describe('parameters', () => {
  it('are found, in texts too, and replaced', () => {
    const text = 'filter a = "{{ who }}" and b > {{least}} and c = {{who}}';
    expect(parametersOf(text)).toEqual(['who', 'least']);
    const f = filled(text, { who: 'ada', least: '10' });
    expect(f.text).toBe('filter a = "ada" and b > 10 and c = ada');
    expect(text.slice(f.back(f.text.indexOf('and b')))).toMatch(/^and b/);
    expect(text.slice(f.back(f.text.indexOf('10')))).toMatch(/^\{\{least/);
    expect(filled(text, {}).text).toBe(text);
  });
});
