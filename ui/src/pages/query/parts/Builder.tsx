import { useState, useSyncExternalStore } from 'react';

import { parseCalcs, parseHavings, parseNames, parseOrders, parseQuestion, parseWhere } from '../../../query/parse';
import { calcText, conditionText, havingText, orderText, questionText } from '../../../query/print';
import type { Question, Span, Where } from '../../../query/question';
import type { Clause, Field } from '../../../query/complete';
import { madeOf, madeText, parseMade, withMade, type MadeKind } from '../../../query/made';
import { ident } from '../../../query/lex';
import { pasted } from '../../../query/spec';
import type { Draft } from '../draft';
import { ChipField } from './ChipField';
import type { Known } from './Editor';
import { TextForm } from './TextForm';

interface Props {
  draft: Draft;
  known: Omit<Known, 'calcs' | 'by'>;
  asText: boolean;
  whereRef: React.RefObject<HTMLInputElement | null>;
  onSpan: (span: Span) => void;
  onRun: () => void;
}

/** Puts what was read in place of the item at a place. */
function spliced<T>(list: T[], at: number, items: T[]): T[] {
  return [...list.slice(0, at), ...items, ...list.slice(at + 1)];
}

const without = <T,>(list: T[], at: number): T[] => list.filter((_, i) => i !== at);

/** Conditions with those that a text says at a place; a whole OR becomes one part of an AND. */
function withCondition(where: Where, at: number, text: string): Where {
  const read = parseWhere(text);
  const only = where.terms.length === 0 || (where.terms.length === 1 && at === 0);
  if (only) return read;
  if (read.terms.length === 1 || read.any === where.any) return { any: where.any, terms: spliced(where.terms, at, read.terms) };
  return { any: where.any, terms: spliced(where.terms, at, [{ text, joined: true }]) };
}

/** The question as chips or as one line of text; both hold all of it. */
export function Builder({ draft, known, asText, whereRef, onSpan, onRun }: Props): React.ReactElement {
  const q = useSyncExternalStore(draft.subscribe, draft.get);
  const [pasteError, setPasteError] = useState('');
  const set = (c: Partial<Question>): void => draft.set({ ...draft.get(), ...c });
  const own = madeOf(q, 'calculated_fields').map((m): Field => ({ name: m.name, type: 'calculated', fill: 1, expression: m.expression }));
  const all: Known = { ...known, fields: [...own, ...known.fields], calcs: q.calcs.length > 0 ? q.calcs : [{ op: 'COUNT' }], by: q.by };
  // A pasted specification, link or whole line fills all the clauses.
  const paste = (text: string): boolean => {
    try {
      const read = pasted(text) ?? (/^\s*(visualize|with)\s/i.test(text) ? parseQuestion(text) : undefined);
      if (!read) return false;
      draft.set(read.question);
      onSpan(read.span);
      setPasteError('');
    } catch (e) {
      setPasteError(`What was pasted is no query: ${(e as Error).message}`);
    }
    return true;
  };
  if (asText) return <TextForm key={questionText(q)} draft={draft} onSpan={onSpan} onRun={onRun} paste={paste} />;
  const common = { known: all, onPasteText: paste };
  const made = (kind: MadeKind, clause: Clause, word: string, placeholder: string): React.ReactElement => {
    const list = madeOf(q, kind);
    return (
      <ChipField
        {...common}
        clause={clause}
        word={word}
        placeholder={placeholder}
        chips={list.map(madeText)}
        onText={(at, text) => set({ rest: withMade(q.rest, kind, spliced(list, at, [parseMade(text)])) })}
        onRemove={(at) => set({ rest: withMade(q.rest, kind, without(list, at)) })}
      />
    );
  };
  const more = Object.keys(q.rest ?? {}).filter((name) => name !== 'calculated_fields' && name !== 'formulas');
  return (
    <>
      <div className="clauses">
        <ChipField
          {...common}
          clause="calc"
          word="VISUALIZE"
          placeholder="COUNT"
          chips={q.calcs.map(calcText)}
          onText={(at, text) => set({ calcs: spliced(q.calcs, at, parseCalcs(text)) })}
          onRemove={(at) => set({ calcs: without(q.calcs, at) })}
        />
        <ChipField
          {...common}
          clause="where"
          word="WHERE"
          placeholder="field = value"
          inputRef={whereRef}
          chips={q.where.terms.map(conditionText)}
          join={{
            word: q.where.any ? 'OR' : 'AND',
            title: q.where.any ? 'Any of these holds; click for all of them' : 'All of these hold; click for any of them',
            onFlip: () => set({ where: { ...q.where, any: !q.where.any } }),
          }}
          onText={(at, text) => set({ where: withCondition(q.where, at, text) })}
          onRemove={(at) => set({ where: { ...q.where, terms: without(q.where.terms, at) } })}
        />
        <ChipField
          {...common}
          clause="by"
          word="GROUP BY"
          placeholder="field"
          chips={q.by.map(ident)}
          onText={(at, text) => set({ by: [...new Set(spliced(q.by, at, parseNames(text)))] })}
          onRemove={(at) => set({ by: without(q.by, at) })}
        />
        <ChipField
          {...common}
          clause="order"
          word="ORDER BY"
          placeholder="largest first"
          chips={q.orders.map(orderText)}
          onText={(at, text) => set({ orders: spliced(q.orders, at, parseOrders(text, q.by)) })}
          onRemove={(at) => set({ orders: without(q.orders, at) })}
        />
        <Limit key={q.limit} value={q.limit} onChange={(limit) => set({ limit })} />
        <ChipField
          {...common}
          clause="having"
          word="HAVING"
          placeholder="COUNT > 10"
          chips={q.havings.map(havingText)}
          onText={(at, text) => set({ havings: spliced(q.havings, at, parseHavings(text)) })}
          onRemove={(at) => set({ havings: without(q.havings, at) })}
        />
        {made('calculated_fields', 'with', 'WITH', 'slow = $duration_ms > 100')}
        {made('formulas', 'formula', 'FORMULA', 'share = $errors / $COUNT * 100')}
      </div>
      {more.length > 0 && (
        <p className="muted rest">
          With it goes: <code>{more.join(', ')}</code>{' '}
          <button
            type="button"
            className="btn small bare"
            onClick={() => set({ rest: Object.fromEntries(Object.entries(q.rest ?? {}).filter(([name]) => !more.includes(name))) })}
          >
            Remove
          </button>
        </p>
      )}
      {pasteError && (
        <p className="note bad" role="alert">
          {pasteError}
        </p>
      )}
    </>
  );
}

function Limit({ value, onChange }: { value: number | undefined; onChange: (n: number | undefined) => void }): React.ReactElement {
  const [bad, setBad] = useState(false);
  const take = (text: string): void => {
    const n = text.trim() === '' ? undefined : Number(text);
    const ok = n === undefined || (Number.isInteger(n) && n >= 1 && n <= 1000);
    setBad(!ok);
    if (ok && n !== value) onChange(n);
  };
  return (
    <div className="clause" role="group" aria-label="LIMIT">
      <span className="clause-word" aria-hidden="true">
        LIMIT
      </span>
      <div className="clause-chips">
        <span className="chip-edit">
          <input
            inputMode="numeric"
            aria-label="Number of groups"
            aria-invalid={bad}
            placeholder="100"
            defaultValue={value ?? ''}
            onBlur={(e) => take(e.target.value)}
            onKeyDown={(e) => {
              if (e.key === 'Enter') take(e.currentTarget.value);
            }}
          />
          {bad && (
            <span className="chip-error" role="alert">
              a whole number from 1 to 1000
            </span>
          )}
        </span>
      </div>
    </div>
  );
}
