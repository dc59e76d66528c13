import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';

import type { Start } from '../../api/types';
import { useKeys } from '../../app/keys';
import { go, setParams, useAddress } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import type { ValueActions } from '../../query/bubble/CellMenu';
import { clock, count } from '../../time/format';
import { Splitter } from '../../widgets/Splitter';
import { VirtualList, type ListHandle } from '../../widgets/VirtualList';
import { useGroups, useLook } from './data';
import { marksOf } from './marks';
import { Conditions } from './parts/Conditions';
import { FilterBar } from './parts/FilterBar';
import { GroupPicker } from './parts/GroupPicker';
import { Highlights } from './parts/Highlights';
import { Levels } from './parts/Levels';
import { gridOf, rowHeight } from './parts/LineList';
import { LinePanel } from './parts/LinePanel';
import { LineRow } from './parts/LineRow';
import { countMarks } from './runs';
import { highlights, isMark } from './tail';
import { addressOf, datasetOf, decode, encode, whole, type LogsState } from './url';
import { pickText, useLineActions } from './useLineActions';
import { useTail, type Hold } from './useTail';

const set = (c: Partial<LogsState>, replace = false): void => setParams(encode(c), replace);
const none: readonly string[] = [];
/** So long after the pointer moved over the lines they stay where they are, ms. */
const rest = 2_500;

const holdWords: Readonly<Record<Hold, string>> = {
  hand: 'Paused',
  scroll: 'Paused while you read above',
  select: 'Paused while text is selected',
  open: 'Paused while a line is open',
  pointer: 'Held still under the pointer',
};

/** Lines as they come in. Nothing moves under somebody who reads. */
export default function Tail({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const state = decode(url.searchParams);
  const terms = url.searchParams.getAll('hl').slice(0, 5);
  const { utc } = usePrefs();
  const groups = useGroups(env, 0);
  const where = whole(state);
  const tail = useTail({ q: where, search: state.q || undefined, dataset: datasetOf(state.groups) }, state.cols);
  const { buffer, held, hold, stopped } = tail;
  useSyncExternalStore(buffer.subscribe, buffer.version);
  const list = useRef<ListHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const look = useLook(state, env, 0);
  const menu = useLineActions(state, '');
  // What is different is compared over lines that are kept.
  const actions: ValueActions = {
    ...menu,
    bubble: (name, value) =>
      go(addressOf('logs', { ...state, line: '', sel: [{ type: 'filter', text: pickText(name, value) }], bubble: true })),
  };
  const termKey = terms.join('\n');
  const colours = useMemo(() => highlights(termKey === '' ? [] : termKey.split('\n')), [termKey]);
  const marks = useMemo(() => [...colours, ...marksOf(state.q)], [colours, state.q]);
  useEffect(() => buffer.highlight(colours), [buffer, colours]);
  useEffect(() => {
    document.title = 'Live tail · Oriel';
  }, []);
  const asked = useRef(where + state.q);
  useEffect(() => {
    if (asked.current !== where + state.q && buffer.items.length > 0) buffer.mark(`other lines from here on: ${clock(Date.now(), utc)}`);
    asked.current = where + state.q;
    // Only what is asked makes a mark.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [where, state.q, buffer]);
  const slotOf = useMemo(() => {
    const slots = new Map((start?.services ?? []).map((s) => [s.name, s.slot]));
    return (service: string): number => slots.get(service) ?? 12;
  }, [start]);
  const rowLook = useMemo(
    () => ({ utc, wrap: state.wrap, days: false, cols: state.cols.length > 0 ? state.cols : none, marks, service: true }),
    // Columns are texts.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [utc, state.wrap, state.cols.join('\n'), marks],
  );

  // Reading holds the lines.
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const heldNow = useRef(held);
  heldNow.current = held;
  const moved = useCallback((): void => {
    clearTimeout(timer.current);
    if (heldNow.current === undefined) hold('pointer');
    timer.current = setTimeout(() => heldNow.current === 'pointer' && hold(undefined), rest);
  }, [hold]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const watch = (): void => {
      const selection = getSelection();
      const inside = selection && !selection.isCollapsed && (selection.anchorNode?.parentElement?.closest('.tail-lines') ?? null) !== null;
      if (inside && heldNow.current !== 'hand' && heldNow.current !== 'open') hold('select');
      else if (!inside && heldNow.current === 'select') hold('hand');
    };
    document.addEventListener('selectionchange', watch);
    return () => document.removeEventListener('selectionchange', watch);
  }, [hold]);
  const live = (): void => {
    if (state.line !== '') set({ line: '' }, true);
    getSelection()?.removeAllRanges();
    if (stopped) tail.resume();
    else hold(undefined);
  };
  const close = (): void => {
    if (state.line === '') return;
    set({ line: '' });
    if (held === 'open') hold(undefined);
  };
  const clear = (): void => buffer.clear(`cleared at ${clock(Date.now(), utc)}`);
  useKeys('Live tail', {
    '/': ['filter', () => field.current?.focus()],
    p: ['pause, go on', () => (held || stopped ? live() : hold('hand'))],
    w: ['wrap lines', () => set({ wrap: !state.wrap }, true)],
    c: ['clear, with a mark', clear],
    l: ['search instead', () => go(addressOf('logs', { ...state, line: '' }))],
    End: ['to the newest line, and go on', live],
    Escape: ['close', close],
  });
  const { items } = buffer;
  const open = items.find((i) => i.at === state.line);
  const waiting = buffer.waiting.length + buffer.passed;
  const running = !held && !stopped;
  return (
    <div className="lbody">
      <h1 className="sr">Live tail</h1>
      <div className="ltop">
        <div className="ltools">
          <GroupPicker groups={groups} chosen={state.groups} onChoose={(g) => set({ groups: g })} />
          <FilterBar field={field} q={state.q} error={undefined} known={[]} onRun={(q) => set({ q })} />
          <button type="button" className={running ? 'btn' : 'btn primary'} onClick={() => (running ? hold('hand') : live())} title="p">
            {running ? 'Pause' : 'Go on'}
          </button>
          <button type="button" className="btn" onClick={clear} title="Clear, with a mark (c)">
            Clear
          </button>
        </div>
        <div className="lchips">
          <Levels counts={undefined} chosen={state.levels} onChoose={(levels) => set({ levels })} />
          <Highlights terms={terms} counts={buffer.counts} onChange={(hl) => setParams({ hl }, true)} />
          <Conditions where={state.where} onChange={(w) => set({ where: w })} />
          <span className="grow" />
          <button
            type="button"
            className="btn small bare"
            aria-pressed={state.wrap}
            onClick={() => set({ wrap: !state.wrap }, true)}
            title="Wrap lines (w)"
          >
            Wrap
          </button>
        </div>
      </div>
      <div className="lcols">
        <div className="lmain" onPointerMove={moved} onPointerLeave={() => held === 'pointer' && hold(undefined)}>
          <VirtualList
            handle={list}
            className={state.wrap ? 'lines wrapped tail-lines' : 'lines tail-lines'}
            count={items.length}
            change={buffer.change}
            rowHeight={rowHeight}
            measured={state.wrap}
            look={`${state.wrap} ${state.cols.length}`}
            keyOf={(i) => items[i]!.at}
            follow={running ? 'last' : undefined}
            onScroll={(_, atLast, byHand) => {
              if (!byHand) return;
              if (!atLast && (heldNow.current === undefined || heldNow.current === 'pointer')) hold('scroll');
              else if (atLast && heldNow.current === 'scroll') hold(undefined);
            }}
            grid={{ role: 'grid', 'aria-label': 'Lines as they come in', 'aria-rowcount': items.length }}
            attributes={{
              tabIndex: 0,
              style: { '--lgrid': gridOf(rowLook) } as React.CSSProperties,
              onClick: (e) => {
                const row = (e.target as HTMLElement).closest<HTMLElement>('[data-index]');
                const item = row && items[Number(row.dataset.index)];
                if (!item || isMark(item) || String(getSelection()) !== '') return;
                if (item.at === state.line) {
                  close();
                  return;
                }
                hold('open');
                set({ line: item.at }, state.line !== '');
              },
            }}
            render={(i) => {
              const item = items[i]!;
              if (isMark(item))
                return (
                  <div className="ltmark" role="row">
                    <span role="gridcell">{item.mark}</span>
                  </div>
                );
              return (
                <LineRow
                  line={item}
                  look={rowLook}
                  slot={slotOf(item.service)}
                  open={item.at === state.line}
                  focused={false}
                  picked={false}
                  faint={false}
                  whole={false}
                  onWhole={undefined}
                />
              );
            }}
          />
          {items.length === 0 && (
            <p className="lwait muted">{tail.connected ? 'Waiting for lines. Nothing that matches has come in yet.' : 'Connecting…'}</p>
          )}
          {(held || stopped) && (
            <button type="button" className="lpill" onClick={live}>
              {stopped === 'time' && 'Stopped after 3 hours · Resume'}
              {stopped === 'hidden' && 'Stopped: nobody looked for 10 minutes · Resume'}
              {!stopped && held && `${holdWords[held]}${waiting > 0 ? ` · ${count(waiting)} new ↓` : ''}`}
            </button>
          )}
          <p className="lfoot muted">
            <span className={tail.connected && !stopped ? 'ok-text' : ''}>
              {stopped ? 'stopped' : tail.connected ? 'live' : 'connecting'}
            </span>
            <span>
              {buffer.rate.all > buffer.rate.shown
                ? `showing ${count(buffer.rate.shown)} of ${count(buffer.rate.all)}/s, sampled`
                : `${count(buffer.rate.all)} lines/s`}
            </span>
            <span>{count(buffer.seen)} since it began</span>
            <span>the last {count(items.length)} are kept here</span>
          </p>
        </div>
        {state.line !== '' && (
          <>
            <Splitter label="Width of the line" variable="--lpanel" fallback={38} least={24} most={60} fromRight />
            <LinePanel
              line={open && !isMark(open) ? open : undefined}
              at={state.line}
              look={look}
              state={state}
              marks={marks}
              slotOf={slotOf}
              actions={actions}
              isMatch={(l) => marks.length === 0 || countMarks(l.body, marks).some((n) => n > 0)}
              onPanel={(panel) => set({ panel })}
              onStep={(by) => {
                const i = items.findIndex((x) => x.at === state.line) + by;
                const next = items[i];
                if (next && !isMark(next)) {
                  set({ line: next.at }, true);
                  list.current?.reveal(i);
                }
              }}
              onOpen={(at) => set({ line: at }, true)}
              onClose={close}
            />
          </>
        )}
      </div>
    </div>
  );
}
