import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { setParams, useAddress } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import { spanOf, type TraceModel } from '../../charts/model';
import { buildRows, leftOut, runStart, sibling } from '../../charts/rows';
import { decodeWindow, encodeWindow, Viewport } from '../../charts/viewport';
import { Splitter } from '../../widgets/Splitter';
import { Crumbs } from './Crumbs';
import { Documents } from './Documents';
import { Flame } from './Flame';
import { Head } from './Head';
import { LonePanel } from './LonePanel';
import { Minimap } from './Minimap';
import { SpanPanel } from './SpanPanel';
import { Table } from './Table';
import { Tools } from './Tools';
import { TraceMap } from './TraceMap';
import { decode, encode, type TraceState } from './url';
import { useFind } from './useFind';
import { useFolding } from './useFolding';
import { useLinks } from './useLinks';
import { useSelection } from './useSelection';
import { useTraceKeys } from './useTraceKeys';
import { Waterfall } from './Waterfall';

const set = (change: Partial<TraceState>, replace = true): void => setParams(encode(change), replace);

/** One trace in three views that share selection, filters and zoom. */
export function Trace({ trace }: { trace: TraceModel }): React.ReactElement {
  const state = decode(useAddress().searchParams);
  const { errorsOnly, foldRepeats, atLeast, matchesOnly, logs } = state;
  const [viewport] = useState(() => new Viewport(trace.total, decodeWindow(state.zoom, trace.total)));
  useZoomInAddress(viewport, trace.total);
  const { panel } = usePrefs();
  const links = useLinks(trace.id, trace.totalSpans);
  const folding = useFolding(trace);
  const { folded, unfolded } = folding;
  const { selected, line, select, selectLine } = useSelection(trace, state.span);
  const root = spanOf(trace, state.root) ?? -1;
  const { matches, problem } = useFind(trace, state.find, state.keepClocks);
  const only = matchesOnly ? matches : undefined; // rows don't change for what is only marked
  const hiddenKey = state.hidden.join('\0');
  const rows = useMemo(() => {
    const hidden = new Set(hiddenKey === '' ? [] : hiddenKey.split('\0').map((name) => trace.strings.indexOf(name)));
    return buildRows(trace, {
      folded,
      unfoldedRepeats: unfolded,
      hidden,
      root,
      errorsOnly,
      foldRepeats,
      minShare: atLeast ? 0.01 : 0,
      matches: only,
      logs,
    });
  }, [trace, folded, unfolded, hiddenKey, root, only, errorsOnly, foldRepeats, atLeast, logs]);
  const out = useMemo(() => leftOut(trace, rows, root), [trace, rows, root]);
  const at = rows.rowOfMark.get(line) ?? rows.rowOf[selected] ?? -1;

  const show = (i: number): void => {
    folding.reveal(rows, i);
    select(i);
  };
  const showId = (id: string): void => {
    const i = spanOf(trace, id);
    if (i !== undefined) show(i);
  };
  // A link to a span that is folded away opens what hides it, once.
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current) return;
    opened.current = true;
    if (state.span && runStart(trace, rows, selected) >= 0) folding.reveal(rows, selected);
  });
  const toggle = useRef((row: number) => folding.toggle(rows, row));
  useEffect(() => {
    toggle.current = (row) => folding.toggle(rows, row);
  });
  const onToggle = useCallback((row: number) => toggle.current(row), []);
  const seek = (by: 1 | -1, test: (i: number) => boolean): void => {
    const n = trace.count;
    for (let k = 1; k <= n; k++) {
      const i = (((selected + by * k) % n) + n) % n;
      if (test(i)) return show(i);
    }
  };
  useTraceKeys({
    trace,
    rows,
    viewport,
    folding,
    selected,
    at,
    select,
    selectMark: selectLine,
    show,
    seek,
    state,
    set,
    matches,
    sibling: (by) => {
      const i = sibling(trace, selected, by);
      if (i >= 0) show(i);
    },
  });
  return (
    <div className="trace">
      <Head trace={trace} links={links.data} state={state} set={set} />
      <Minimap trace={trace} viewport={viewport} />
      <Tools
        trace={trace}
        state={state}
        set={set}
        matches={matches}
        problem={problem}
        selected={selected}
        onSeek={(by) => matches && seek(by, (i) => matches[i] === 1)}
        onRefold={folding.refoldRepeats}
      />
      {root >= 0 && <Crumbs trace={trace} root={root} onRoot={(i) => set({ root: trace.spans.id[i] ?? '' }, false)} />}
      <div className="body">
        {state.view === 'waterfall' && (
          <Waterfall
            trace={trace}
            rows={rows}
            viewport={viewport}
            at={at}
            leftOut={out}
            matches={matches}
            showCritical={state.critical}
            folded={folded}
            baseDepth={root >= 0 ? trace.spans.depth[root]! : 0}
            onSelect={select}
            onSelectMark={selectLine}
            onShowAll={() => set({ hidden: [], errorsOnly: false, atLeast: false, matchesOnly: false }, false)}
            onToggle={onToggle}
          />
        )}
        {state.view === 'flame' && (
          <Flame
            trace={trace}
            viewport={viewport}
            selected={selected}
            matches={matches}
            shown={rows.rowOf}
            heavy={state.heavy}
            onHeavy={(heavy) => set({ heavy }, false)}
            onSelect={select}
          />
        )}
        {state.view === 'table' && (
          <Table
            trace={trace}
            onSelect={(i) => {
              show(i);
              set({ view: 'waterfall', span: trace.spans.id[i] }, false);
            }}
          />
        )}
        {state.view === 'map' && <TraceMap trace={trace} links={links.data} selected={trace.spans.id[selected] ?? ''} onSelect={showId} />}
        {state.view === 'documents' && (
          <Documents
            trace={trace}
            onSelect={(id) => {
              showId(id);
              set({ view: 'waterfall', span: id }, false);
            }}
          />
        )}
        {panel && <Splitter label="Width of the span panel" variable="--panel" fallback={32} least={20} most={60} fromRight />}
        {!panel ? null : line >= 0 && trace.annotations.span[line]! < 0 ? (
          <LonePanel trace={trace} line={line} />
        ) : (
          <SpanPanel
            trace={trace}
            links={links}
            index={selected}
            line={line}
            keepClocks={state.keepClocks}
            isRoot={root === selected}
            onSelect={show}
            onRoot={() => set({ root: trace.spans.id[selected] ?? '' }, false)}
          />
        )}
      </div>
    </div>
  );
}

/** Writes the zoom to the address when it rests, and follows the trace's length. */
function useZoomInAddress(viewport: Viewport, total: number): void {
  useEffect(() => {
    if (viewport.total !== total) viewport.setTotal(total);
  }, [viewport, total]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let written = encodeWindow(viewport.window, viewport.total);
    const stop = viewport.onPaint(() => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const zoom = encodeWindow(viewport.window, viewport.total);
        if (zoom !== written) set({ zoom: zoom ?? '' });
        written = zoom;
      }, 400);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [viewport]);
}
