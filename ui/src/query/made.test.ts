import { describe, expect, it } from 'vitest';

import { placeOf, suggest } from './complete';
import { TextError } from './lex';
import { cutMade, madeText, operandText, parseMade } from './made';
import { parseQuestion } from './parse';
import { questionText } from './print';

describe('what is made in place', () => {
  it('is read from a chip and printed back', () => {
    for (const text of ['slow = $duration_ms > 100', '`a name` = CONCAT($a, ")(", $b)', 'x = IF(EQUALS($a, "="), 1, 2)'])
      expect(madeText(parseMade(text))).toBe(text);
    expect(parseMade('slow as ($a > 1)').expression).toBe('($a > 1)');
  });
  it('says where a chip goes wrong', () => {
    const wrong = (text: string): number => {
      try {
        parseMade(text);
      } catch (e) {
        return (e as TextError).at;
      }
      return -1;
    };
    expect(['', 'slow', 'slow =', 'a = IF($b', 'a = $b)', 'a = "x'].map(wrong)).toEqual([0, 4, 6, 9, 6, 4]);
  });
  it('is a part of the line of text, in both directions', () => {
    const text =
      'WITH slow AS ($duration_ms > 100), `a b` AS (REG_VALUE($x, `\\(`)) VISUALIZE COUNT AS n, COUNT IF (slow = true) AS bad FORMULA share AS ($bad / $n * 100) WHERE with = 1 GROUP BY `a b` ORDER BY share DESC';
    const { question } = parseQuestion(text);
    expect(question.rest).toEqual({
      calculated_fields: [
        { name: 'slow', expression: '$duration_ms > 100' },
        { name: 'a b', expression: 'REG_VALUE($x, `\\(`)' },
      ],
      formulas: [{ name: 'share', expression: '$bad / $n * 100' }],
    });
    expect(questionText(question)).toBe(text);
  });
  it('keeps the places of what is left, so that mistakes are said where they are', () => {
    expect(cutMade('WITH a AS ($b) VISUALIZE ~').left).toBe('               VISUALIZE ~');
    expect(() => parseQuestion('WITH a AS ($b VISUALIZE COUNT')).toThrow(/stays open/);
    expect(() => parseQuestion('WITH a AS ($b) WITH c AS ($d)')).toThrow(/twice/);
  });
  it('is completed: functions, fields after $, calculations of a formula', () => {
    const known = {
      fields: [
        { name: 'duration_ms', type: 'float', fill: 1 },
        { name: 'made', type: 'int', fill: 1, expression: '$a' },
      ],
      calcs: [{ op: 'COUNT' }, { op: 'P99', column: 'duration_ms' }],
      by: [],
    };
    const at = (clause: 'with' | 'formula', text: string): string[] =>
      suggest(placeOf(clause, text, text.length), known).map((s) => s.insert);
    expect(at('with', 'slow = $dur')).toEqual(['$duration_ms']);
    expect(at('with', 'slow = $mad')).toEqual([]); // one can't be made of another
    expect(at('with', 'slow = CONT')).toEqual(['CONTAINS()']);
    expect(at('with', 'slow = ')).toEqual([]);
    expect(at('with', 'sl')).toEqual([]);
    expect(at('with', 'x = EQUALS($a, "$dur')).toEqual([]);
    expect(at('formula', 'share = $p')).toEqual(['$"P99(duration_ms)"']);
    expect(operandText('http.route')).toBe('$http.route');
  });
});
