import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';

import type { Start } from '../../api/types';
import { setPrefs, usePrefs } from '../../app/prefs';
import { setParams, useAddress } from '../../app/location';
import { useSize } from '../../charts/useSize';
import { forServer } from '../../query/bubble/selection';
import { useDifference } from '../../query/bubble/useDifference';
import { useMarkers } from '../../query/useMarkers';
import { day } from '../../time/format';
import { Failed } from '../../widgets/Failed';
import { Refresh } from '../../widgets/Refresh';
import { Splitter } from '../../widgets/Splitter';
import { TimePicker } from '../../widgets/TimePicker';
import type { ListHandle } from '../../widgets/VirtualList';
import { asked, unknownFields, useFeed, useFieldNames, useGroups, useHistogram, useLook, usefulFirst } from './data';
import { marksOf } from './marks';
import { beforeTime, type Line } from './lines';
import { noteGroup } from './recent';
import { countMarks } from './runs';
import { Conditions } from './parts/Conditions';
import { FilterBar } from './parts/FilterBar';
import { Foot } from './parts/Foot';
import { GroupPicker } from './parts/GroupPicker';
import { levelCounts, Levels } from './parts/Levels';
import { LineList } from './parts/LineList';
import { LinePanel } from './parts/LinePanel';
import { ListHead } from './parts/ListHead';
import { LogHistogram } from './parts/LogHistogram';
import { Nothing } from './parts/Nothing';
import { Sidebar } from './parts/Sidebar';
import { decode, encode, type LogsState } from './url';
import { useLineActions } from './useLineActions';
import { useLineKeys } from './useLineKeys';
import { useUnderstood } from './useUnderstood';
import { useViewMark } from './useViewMark';

const BubblePanel = lazy(() => import('../../query/bubble/BubblePanel').then((m) => ({ default: m.BubblePanel })));

const set = (c: Partial<LogsState>, replace = false): void => setParams(encode(c), replace);
/** What is asked changes: where the list began and what was open mean nothing then. */
const ask = (c: Partial<LogsState>): void => set({ ...c, at: '', sel: [], bubble: false });

const barWidth = 7;

/** Lines that match, newest first or last, with how many there were when. */
export default function Search({ start }: { start: Start | undefined }): React.ReactElement {
  const url = useAddress();
  const env = url.searchParams.get('env') ?? '';
  const state = decode(url.searchParams);
  const { utc, logFields } = usePrefs();
  const [turn, setTurn] = useState(0);
  const [every, setEvery] = useState(0);
  const [loadedAt, setLoadedAt] = useState(0);
  const understood = useUnderstood(state.q);
  const filter = understood?.filter ?? '';
  const look = useLook(state, env, turn);
  const groups = useGroups(env, turn);
  const [chart, { width }] = useSize<HTMLDivElement>();
  const histogram = useHistogram(look, width > 0 ? Math.floor((width - 52) / barWidth) : 0);
  const markers = useMarkers(ns(look.fromMs));
  const feed = useFeed(look, state.order, state.cols, state.line || state.at);
  useSyncExternalStore(feed.subscribe, feed.version);
  const explore = useDifference('explore', logFields ? look.key : '', asked(look, look.where));
  const fields = useMemo(() => usefulFirst(explore.fields), [explore.fields]);
  const known = useMemo(
    () =>
      fields.map((f) => ({ name: f.name, fill: f.fill, values: (f.values ?? []).map((v) => ({ value: v.value, count: v.selection })) })),
    [fields],
  );
  const actions = useLineActions(state, filter);
  const allFields = useFieldNames(env, look.dataset, feed.started && feed.lines.length === 0);
  const marks = useMemo(() => marksOf(state.q), [state.q]);
  const slotOf = useMemo(() => {
    const slots = new Map((start?.services ?? []).map((s) => [s.name, s.slot]));
    return (service: string): number => slots.get(service) ?? 12;
  }, [start]);
  const list = useRef<ListHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const [focused, setFocused] = useState('');
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setPicked(new Set()), [look.key]);
  useEffect(() => {
    document.title = 'Logs · Oriel';
  }, []);
  useEffect(() => setLoadedAt(Date.now()), [histogram.data]);
  useEffect(() => state.groups.forEach(noteGroup), [state.groups.join()]); // eslint-disable-line react-hooks/exhaustive-deps
  const refresh = useCallback(() => setTurn((n) => n + 1), []);
  const view = useViewMark(feed);
  const open = useMemo(() => feed.lines.find((l) => l.at === state.line), [feed.lines, state.line]);
  const lastOpen = useRef<Line>(undefined);
  if (open) lastOpen.current = open;
  const shownLine = open ?? (lastOpen.current?.at === state.line ? lastOpen.current : undefined);
  // What was cut off a line may hold it.
  const isMatch = useCallback(
    (l: Line): boolean => marks.length === 0 || l.cut > 0 || countMarks(l.body, marks).some((n) => n > 0),
    [marks],
  );
  const openAt = (at: string): void => set({ line: at, bubble: false }, state.line !== '');
  const keys = useLineKeys({ feed, list, state, focused, setFocused, picked, setPicked, openAt, set, field, refresh, isMatch });
  const [sel] = state.sel;
  const compare = sel && state.bubble ? { ...asked(look, look.where), selection: forServer(sel) } : undefined;
  const rowLook = useMemo(
    () => ({ utc, wrap: state.wrap, days: day(look.fromMs, utc) !== day(look.toMs, utc), cols: state.cols, marks, service: true }),
    // Columns are texts.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [utc, state.wrap, look.fromMs, look.toMs, state.cols.join('\n'), marks],
  );
  const error = feed.tail.error ?? feed.head.error ?? histogram.error;
  const serverError =
    error && 'position' in error && typeof error.position === 'number' ? { at: undefined, message: error.message } : undefined;
  const empty = feed.started && feed.lines.length === 0 && !feed.tail.loading && !feed.tail.open && !feed.head.open && !feed.tail.error;
  const counts = useMemo(() => (histogram.data ? levelCounts(histogram.data) : undefined), [histogram.data]);
  const total = histogram.data ? histogram.data.levels.reduce((n, l) => n + l.total, 0) : undefined;
  return (
    <div className="lbody" aria-busy={feed.tail.loading || histogram.running}>
      <h1 className="sr">Logs</h1>
      <div className="ltop">
        <div className="ltools">
          <GroupPicker groups={groups} chosen={state.groups} onChoose={(g) => ask({ groups: g })} />
          <FilterBar field={field} q={state.q} error={serverError} known={known} onRun={(q) => (q === state.q ? refresh() : ask({ q }))} />
          <TimePicker range={state} onChange={(r) => ask(r)} />
          <Refresh every={state.line || picked.size > 0 ? 0 : every} onEvery={setEvery} loadedAt={loadedAt} onRefresh={refresh} />
        </div>
        <div className="lchips">
          <Levels counts={counts ?? 'waiting'} chosen={state.levels} onChoose={(levels) => ask({ levels })} />
          <Conditions where={state.where} onChange={(where) => ask({ where })} />
          <span className="grow" />
          <ListHead
            state={state}
            fields={fields}
            picked={feed.lines.filter((l) => picked.has(l.at))}
            wholeOf={(lines) => feed.whole(lines)}
            onClear={() => setPicked(new Set())}
            set={set}
            sidebar={logFields}
          />
        </div>
        {error && !serverError && <Failed error={error} onAgain={refresh} />}
        <div ref={chart} className="lchart">
          <LogHistogram
            width={width}
            fromMs={look.fromMs}
            toMs={look.toMs}
            asked={histogram}
            levels={state.levels}
            markers={markers}
            picked={
              sel?.type === 'range'
                ? sel.rectangles.map((r) => [Number(BigInt(r.start) / 1_000_000n), Number(BigInt(r.end) / 1_000_000n)])
                : []
            }
            view={view}
            onZoom={(a, b) => ask({ from: ns(a), to: ns(b) })}
            onPick={(a, b) =>
              set({
                sel: [{ type: 'range', column: '', rectangles: [{ start: ns(a), end: ns(b), min: -Infinity, max: Infinity }] }],
                bubble: true,
                line: '',
              })
            }
            onJump={(ms) => jump(feed, list.current, state, ms)}
          />
        </div>
      </div>
      <div className="lcols">
        {logFields && (
          <Sidebar
            fields={fields}
            total={explore.totals.selection}
            done={explore.done}
            error={explore.error?.message}
            actions={actions}
            cols={state.cols}
            onClose={() => setPrefs({ logFields: false })}
          />
        )}
        <div className="lmain">
          {empty ? (
            <Nothing state={state} start={start} groups={groups} unknown={unknownFields(filter, state.where, allFields)} set={ask} />
          ) : (
            <LineList
              feed={feed}
              name="Lines"
              look={rowLook}
              slotOf={slotOf}
              open={state.line}
              focused={focused}
              picked={picked}
              handle={list}
              anchor={state.line || state.at}
              onShown={view.shown}
              onPress={keys.press}
              header={<Columns state={state} set={set} />}
            />
          )}
          <Foot feed={feed} histogram={histogram.data} total={total} />
        </div>
        {state.line !== '' && !compare && (
          <>
            <Splitter label="Width of the line" variable="--lpanel" fallback={38} least={24} most={60} fromRight />
            <LinePanel
              line={shownLine}
              at={state.line}
              look={look}
              state={state}
              marks={marks}
              slotOf={slotOf}
              actions={actions}
              isMatch={isMatch}
              onPanel={(panel) => set({ panel })}
              onStep={keys.step}
              onOpen={(at) => {
                setFocused(at);
                openAt(at);
              }}
              onClose={() => set({ line: '', at: state.at })}
            />
          </>
        )}
        {compare && sel && (
          <>
            <Splitter label="Width of BubbleUp" variable="--bubble" fallback={36} least={24} most={60} fromRight />
            <Suspense fallback={<aside className="bubble" aria-busy="true" />}>
              <BubblePanel
                runKey={JSON.stringify([env, compare])}
                body={compare}
                selection={sel}
                swap={state.swap}
                actions={actions}
                onSwap={() => set({ swap: !state.swap })}
                onZoom={sel.type === 'range' ? () => ask({ from: sel.rectangles[0]!.start, to: sel.rectangles[0]!.end }) : undefined}
                onFilter={sel.type === 'filter' ? () => ask({ where: [...state.where, sel.text] }) : undefined}
                onClose={() => set({ bubble: false, sel: [] })}
              />
            </Suspense>
          </>
        )}
      </div>
    </div>
  );
}

const ns = (ms: number): string => `${Math.round(ms)}000000`;

/** Goes to the lines of a moment: to those that are loaded, or begins there anew. */
function jump(feed: ReturnType<typeof useFeed>, list: ListHandle | null, state: LogsState, ms: number): void {
  const { lines } = feed;
  const [a, b] = [lines[0]?.ms ?? 0, lines.at(-1)?.ms ?? 0];
  const inside = lines.length > 0 && ms >= Math.min(a, b) && ms <= Math.max(a, b);
  if (inside) {
    const i = lines.findIndex((l) => (state.order === 'desc' ? l.ms < ms : l.ms >= ms));
    list?.reveal(Math.max(state.order === 'desc' ? i - 1 : i, 0), true);
  } else set({ at: beforeTime(ns(ms)) });
}

/** The names of the columns; those that were chosen can be dragged. */
function Columns({ state, set: change }: { state: LogsState; set: typeof set }): React.ReactElement {
  const [dragged, setDragged] = useState('');
  const { cols } = state;
  const move = (name: string, onto: string): void => {
    if (name === '' || name === onto) return;
    const left = cols.filter((c) => c !== name);
    const at = cols.indexOf(onto) > cols.indexOf(name) ? left.indexOf(onto) + 1 : left.indexOf(onto);
    change({ cols: [...left.slice(0, at), name, ...left.slice(at)] }, true);
  };
  const drop = (onto: string): void => {
    move(dragged, onto);
    setDragged('');
  };
  return (
    <div className="lhead lrow" role="row">
      <span className="lcell" role="columnheader">
        Time
      </span>
      <span className="lcell" role="columnheader">
        <span className="sr">Level</span>
      </span>
      <span className="lcell" role="columnheader">
        Service
      </span>
      {cols.map((c) => (
        <span
          key={c}
          className="lcell lcolhead"
          role="columnheader"
          draggable
          tabIndex={0}
          title={`${c}\ndrag to move the column, or Shift and an arrow`}
          onKeyDown={(e) => {
            const at = cols.indexOf(c);
            const onto = e.shiftKey ? cols[e.key === 'ArrowLeft' ? at - 1 : e.key === 'ArrowRight' ? at + 1 : -1] : undefined;
            if (onto === undefined) return;
            e.preventDefault();
            e.stopPropagation();
            move(c, onto);
          }}
          onDragStart={() => setDragged(c)}
          onDragOver={(e) => e.preventDefault()}
          onDrop={() => drop(c)}
        >
          <span className="clip">{c}</span>
          <button type="button" aria-label={`Remove the column ${c}`} onClick={() => change({ cols: cols.filter((x) => x !== c) }, true)}>
            ×
          </button>
        </span>
      ))}
      <span className="lcell" role="columnheader">
        Message
      </span>
    </div>
  );
}
