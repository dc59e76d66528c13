import { expect, it } from 'vitest';

import { parseQuestion } from '../../query/parse';
import { questionText } from '../../query/print';
import type { Question } from '../../query/question';
import { Draft } from './draft';

const q = (text: string): Question => parseQuestion(text).question;
const shown = (d: Draft): string => questionText(d.get());

it('undoes and redoes every change, and forgets what was undone at the next one', () => {
  const d = new Draft(q('VISUALIZE COUNT'));
  d.set(q('VISUALIZE COUNT GROUP BY a'));
  d.set(q('VISUALIZE COUNT GROUP BY a, b'));
  expect([d.undo(), d.undo(), d.undo()]).toEqual([true, true, false]);
  expect(shown(d)).toBe('VISUALIZE COUNT');
  expect(d.redo()).toBe(true);
  expect(shown(d)).toBe('VISUALIZE COUNT GROUP BY a');
  d.set(q('VISUALIZE COUNT GROUP BY c'));
  expect(d.canRedo).toBe(false);
});

it('takes orders and havings away with what they name', () => {
  const d = new Draft(q('VISUALIZE COUNT, P99(x) GROUP BY a ORDER BY P99(x) DESC, a HAVING P99(x) > 3'));
  d.set({ ...d.get(), calcs: [{ op: 'COUNT' }] });
  expect(shown(d)).toBe('VISUALIZE COUNT GROUP BY a ORDER BY a');
});

it('follows the address without a change where nothing changed', () => {
  const d = new Draft(q('VISUALIZE COUNT'));
  let told = 0;
  d.subscribe(() => told++);
  d.follow(q('VISUALIZE COUNT'));
  expect([told, d.canUndo]).toEqual([0, false]);
  d.follow(q('VISUALIZE MAX(x)'));
  expect([told, d.canUndo]).toEqual([1, true]);
});
