import { expect, it } from 'vitest';

import { examples, jsonMistake } from './rules';

it('has examples that are JSON of the right form', () => {
  for (const [kind, list] of Object.entries(examples)) {
    for (const [name, body] of list) {
      expect(jsonMistake(body), name).toBe('');
      expect(Array.isArray(JSON.parse(body)), name).toBe(kind !== 'options');
    }
  }
});

it('says that a text is no JSON', () => {
  expect(jsonMistake('[x]')).toMatch(/JSON/);
  expect(jsonMistake('')).not.toBe('');
});
