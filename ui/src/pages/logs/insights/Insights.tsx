import './insights.css';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { Start } from '../../../api/types';
import { useKeys } from '../../../app/keys';
import { go, setParams, useAddress } from '../../../app/location';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { filterText, type FieldValue } from '../../../query/copyAs';
import { filled, nameText, parametersOf, valueText, type Mistake } from '../../../query/insights/complete';
import { ident } from '../../../query/lex';
import { count } from '../../../time/format';
import { resolve } from '../../../time/range';
import { Menu } from '../../../widgets/Menu';
import { TimePicker } from '../../../widgets/TimePicker';
import { useGroups } from '../data';
import { GroupPicker } from '../parts/GroupPicker';
import { noteGroup } from '../recent';
import { addressOf } from '../url';
import { Answered } from './Answered';
import { useDefinitions } from './definitions';
import { Editor, type Completion } from '../../../query/editor/Editor';
import { Failed } from '../../../widgets/Failed';
import { insightsLanguage, useInsightsCompletion } from './language';
import { examples } from './examples';
import { note, past } from './history';
import { SavedPanel, type Chosen } from './SavedPanel';
import { decode, encode, type InsightsState } from './url';
import { useInsights, type Body } from './useInsights';
import { useKnown } from './useKnown';

/** Asks in Logs Insights QL: an editor, what it found, and what was asked before. */
export default function Insights({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const state = useMemo(() => decode(url.searchParams), [url.search]); // eslint-disable-line react-hooks/exhaustive-deps
  const [text, setText] = useState(state.query || examples[0]!.query);
  const [values, setValues] = useState(state.values);
  const [turn, setTurn] = useState(0);
  const [panel, setPanel] = useState(false);
  const [open, setOpen] = useState<{ id: string; name: string }>();
  const [at, setAt] = useState(-1);
  const groups = useGroups(env, 0);
  const known = useKnown(env, state.groups);
  const language = useMemo(() => insightsLanguage(known), [known]);
  const definitions = useDefinitions(env, panel);
  // Another address, as by Back, replaces what is edited.
  const asked = useRef(state.query);
  useEffect(() => {
    if (state.query === asked.current) return;
    asked.current = state.query;
    if (state.query) setText(state.query);
  }, [state.query]);
  const valuesKey = JSON.stringify(state.values);
  useEffect(() => setValues(state.values), [valuesKey]); // eslint-disable-line react-hooks/exhaustive-deps
  useEffect(() => {
    document.title = 'Logs Insights · Oriel';
  }, []);

  const sent = useMemo(() => filled(state.query, state.values), [state.query, valuesKey]); // eslint-disable-line react-hooks/exhaustive-deps
  const key = state.query === '' ? '' : JSON.stringify([env, state.from, state.to, state.groups, sent.text]);
  const body = useBody(key, state, sent.text, turn);
  const run = useInsights(key, body, turn);
  const earlier = useInsights(
    state.diff && key !== '' && run.answer && !run.answer.soFar ? `${key} before ${body?.start_time}` : '',
    body && { ...body, start_time: 2 * body.start_time - body.end_time, end_time: body.start_time },
    turn,
  );
  // What is wrong is shown while the text is the one that was run.
  const mistake: Mistake | undefined = useMemo(
    () =>
      run.mistake && text === state.query
        ? { ...run.mistake, from: sent.back(run.mistake.from), to: sent.back(run.mistake.to) }
        : undefined,
    [run.mistake, text, state.query, sent],
  );

  const go1 = useCallback((): void => {
    if (text.trim() === '') return;
    const names = parametersOf(text);
    const given = Object.fromEntries(names.map((n) => [n, values[n] ?? '']).filter(([, v]) => v !== ''));
    const before = location.href;
    asked.current = text;
    note({ query: text, groups: state.groups, at: Date.now() });
    state.groups.forEach(noteGroup);
    setAt(-1);
    setParams(encode({ query: text, values: given, row: -1 }, state.values));
    if (location.href === before) setTurn((n) => n + 1);
  }, [text, values, state.groups, state.values]);
  const choose = (c: Chosen): void => {
    setText(c.query);
    setAt(-1);
    if (c.defaults) setValues((v) => ({ ...c.defaults, ...v }));
    setOpen(c.id && c.name ? { id: c.id, name: c.name } : undefined);
    const slugs = c.groups?.map((g) => groups?.find((d) => d.name === g || d.slug === g)?.slug).filter((s) => s !== undefined);
    if (slugs && slugs.length > 0) setParams(encode({ groups: slugs }));
  };
  const onPast = (by: 1 | -1): boolean => {
    const list = past();
    const to = at + by;
    if (to < -1 || to >= list.length) return false;
    setAt(to);
    setText(to < 0 ? state.query : list[to]!.query);
    return true;
  };
  useKeys('Logs Insights', {
    '/': ['edit the query', () => document.querySelector<HTMLTextAreaElement>('.iq-text')?.focus()],
    'Ctrl+Enter': ['run', go1],
    r: ['run again', () => setTurn((n) => n + 1)],
    h: ['saved queries and history', () => setPanel((p) => !p)],
    Escape: [
      'stop, close the row',
      () => {
        if (run.running) run.stop();
        else if (state.row >= 0) setParams(encode({ row: -1 }), true);
        else setPanel(false);
      },
    ],
  });
  const actions = useActions(state, text, setText);
  const slots = useMemo(() => new Map(start?.services.map((s) => [s.name, s.slot])), [start]);
  const slotOf = useCallback((label: string, rank: number): number => slots.get(label) ?? (rank % 12) + 1, [slots]);
  const names = parametersOf(text);
  const useHere = (t: string, caret: number, focused: boolean): Completion =>
    useInsightsCompletion(known, state.groups, state.from, state.to, t, caret, focused);
  return (
    <div className="lbody">
      <h1 className="sr">Logs Insights</h1>
      <div className="ltop">
        <div className="ltools">
          <GroupPicker groups={groups} chosen={state.groups} onChoose={(g) => setParams(encode({ groups: g }))} />
          <Menu
            className="btn"
            label="Examples ▾"
            items={examples.map((x) => ({ label: x.name, run: () => choose({ query: x.query }) }))}
          />
          <button
            type="button"
            className="btn"
            aria-pressed={panel}
            title="Saved queries and history (h)"
            onClick={() => setPanel((p) => !p)}
          >
            Saved and history
          </button>
          <button
            type="button"
            className="btn"
            aria-pressed={state.diff}
            title="Beside each number, what it was in the period before"
            onClick={() => setParams(encode({ diff: !state.diff }))}
          >
            Period before
          </button>
          <span className="grow" />
          <TimePicker range={{ from: state.from, to: state.to }} onChange={(r) => setParams(encode({ from: r.from, to: r.to, row: -1 }))} />
          {run.running ? (
            <button type="button" className="btn primary" onClick={run.stop} title="Stop (Esc)">
              Stop
            </button>
          ) : (
            <button type="button" className="btn primary" onClick={go1} title="Run (Ctrl Enter)">
              Run query
            </button>
          )}
        </div>
        <Editor
          text={text}
          onText={(t) => {
            setText(t);
            setAt(-1);
          }}
          onRun={go1}
          language={language}
          useCompletion={useHere}
          mistake={mistake}
          onPast={onPast}
        />
        {names.length > 0 && (
          <div className="iq-params">
            {names.map((n) => (
              <label key={n}>
                <span>{n}</span>
                <input
                  className="input small"
                  aria-label={`Value of ${n}`}
                  value={values[n] ?? ''}
                  onChange={(e) => setValues({ ...values, [n]: e.target.value })}
                  onKeyDown={(e) => e.key === 'Enter' && go1()}
                />
              </label>
            ))}
          </div>
        )}
        <div className="iq-progress" style={{ transform: `scaleX(${run.running ? Math.max(run.progress?.share ?? 0, 0.02) : 0})` }} />
      </div>
      <div className="lcols">
        <div className="lmain iq-main">
          {run.running && run.progress && (
            <p className="note" role="status">
              {Math.round(run.progress.share * 100)}
              {'\u2009'}% · {count(run.progress.scanned)} records scanned · {(run.progress.elapsedMs / 1000).toFixed(1)}
              {'\u2009'}s
            </p>
          )}
          {run.stopped && <p className="note">Stopped. Run it again when you want the rest.</p>}
          {run.error && !mistake && <Failed error={run.error} onAgain={() => setTurn((n) => n + 1)} />}
          {run.answer && state.query !== '' ? (
            <Answered
              answer={run.answer}
              earlier={state.diff ? earlier.answer : undefined}
              diff={state.diff}
              stale={(run.running && !run.answer.soFar) || run.answerKey !== key}
              state={state}
              slotOf={slotOf}
              actions={actions}
            />
          ) : (
            !run.running && !run.error && <Begin onChoose={(query) => choose({ query })} />
          )}
        </div>
        {panel && (
          <SavedPanel
            definitions={definitions}
            past={past()}
            text={text}
            values={values}
            groups={state.groups.map((s) => groups?.find((g) => g.slug === s)?.name ?? s)}
            open={open}
            onChoose={choose}
            onSaved={(id, name) => setOpen({ id, name })}
            onClose={() => setPanel(false)}
          />
        )}
      </div>
    </div>
  );
}

/** The body of a question; relative times are resolved anew with each key and turn. */
function useBody(key: string, state: InsightsState, query: string, turn: number): Body | undefined {
  return useMemo(() => {
    if (key === '') return undefined;
    const [from, to] = resolve({ from: state.from, to: state.to }, Date.now());
    const start_time = Math.floor(from / 1000);
    return { query, datasets: state.groups, start_time, end_time: Math.max(Math.ceil(to / 1000), start_time + 1) };
    // The key and the turn say all that it depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, turn]);
}

/** What the value menu does here: it adds to the query, or leads to other pages. */
function useActions(state: InsightsState, text: string, setText: (t: string) => void): ValueActions {
  const { from, to } = state;
  return useMemo(() => {
    const add = (line: string): void => setText(`${text.trimEnd()}\n| ${line}`);
    const on = (field: string, value: FieldValue): string => filterText(field, value);
    return {
      filter: (field, op, value) => {
        const name = nameText(field);
        if (op === 'exists') add(`filter ispresent(${name})`);
        else if (op === 'does-not-exist' || value === null) add(`filter not ispresent(${name})`);
        else add(`filter ${name} ${op} ${valueText(value)}`);
      },
      group: (field) => add(`stats count(*) by ${nameText(field)}`),
      bubble: (field, value) =>
        value !== null &&
        go(addressOf('logs', { from, to, groups: state.groups, sel: [{ type: 'filter', text: on(field, value) }], bubble: true })),
      traces: (field, value) =>
        go(
          `/traces?${new URLSearchParams({ from, to, q: value === null ? `${ident(field)} does-not-exist` : on(field, value) }).toString()}`,
        ),
    };
  }, [from, to, state.groups, text, setText]);
}

function Begin({ onChoose }: { onChoose: (query: string) => void }): React.ReactElement {
  return (
    <div className="iq-begin">
      <h2>Ask in Logs Insights QL</h2>
      <p className="muted">Commands stand in a row, joined by |. Begin with one of these, or write your own and run it with Ctrl Enter.</p>
      <ul className="saved-list">
        {examples.map((x) => (
          <li key={x.name}>
            <button type="button" className="saved-query" onClick={() => onChoose(x.query)}>
              <b>{x.name}</b>
              <code>{x.query}</code>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
