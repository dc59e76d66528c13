import { useEffect, useMemo } from 'react';

import { later } from '../../../app/later';
import { usePrefs } from '../../../app/prefs';
import type { Start } from '../../../api/types';
import { setParams } from '../../../app/location';
import type { Hover } from '../../../charts/hover';
import type { Marker } from '../../../charts/markers';
import type { Question } from '../../../query/question';
import { Tabs } from '../../../widgets/Tabs';
import { selectionWords } from '../../../query/bubble/bubble';
import { bodyOf } from '../data';
import { slotsOf, type Answer } from '../result';
import { encodeView, type QueryState, type Tab } from '../url';
import type { Pick } from '../usePick';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { Charts, type PickedPoint } from './Charts';
import { Foot } from './Foot';
import { ResultTable } from './ResultTable';
import { ShareMenu } from './ShareMenu';

// Their code comes once there is an answer to look at.
const TracesTab = later(async () => ({ default: (await import('./TracesTab')).TracesTab }));
const RawTab = later(async () => ({ default: (await import('./RawTab')).RawTab }));
const ExploreTab = later(async () => ({ default: (await import('./ExploreTab')).ExploreTab }));
const LinesTab = later(async () => ({ default: (await import('./LinesTab')).LinesTab }));

interface Props {
  dataset: string;
  env: string;
  state: QueryState;
  start: Start | undefined;
  answer: Answer;
  question: Question;
  stale: boolean;
  from: string;
  to: string;
  markers: readonly Marker[];
  /** Some events have a message. */
  lines: boolean;
  hover: Hover;
  pick: Pick;
  actions: ValueActions;
  onZoom: (from: number, to: number) => void;
  onPoint: (p: PickedPoint) => void;
}

const titles: readonly (readonly [Tab, string])[] = [
  ['results', 'Results'],
  ['traces', 'Traces'],
  ['raw', 'Raw data'],
  ['explore', 'Explore'],
  ['lines', 'Log lines'],
];

/** Without messages there are no log lines to list. */
const noLines = titles.filter(([id]) => id !== 'lines');

const set = (c: Parameters<typeof encodeView>[0]): void => setParams(encodeView(c));
const onCols = (cols: string[]): void => set({ cols });

/** An answer: its charts, and below them the groups, traces, events or fields behind it. */
export function Answered(props: Props): React.ReactElement {
  const { dataset, env, state, start, answer, question, pick, actions, hover } = props;
  const { utc } = usePrefs();
  const slots = useMemo(
    () => slotsOf(answer.result, question, new Map(start?.services.map((s) => [s.name, s.slot]))),
    [answer, question, start],
  );
  const [sel] = state.sel;
  const body = useMemo(() => bodyOf(dataset, question, answer), [dataset, question, answer]);
  const runKey = JSON.stringify([env, body]);
  useEffect(() => [TracesTab, RawTab, ExploreTab, LinesTab].forEach((tab) => tab.preload()), []);
  return (
    <div className={props.stale ? 'answer stale' : 'answer'}>
      <ChartTools state={state} lines={question.calcs.length === 0 || question.calcs.some((c) => c.op !== 'HEATMAP')}>
        <ShareMenu {...{ env, dataset, question, answer, slots }} keyed={start?.auth === 'required'} from={props.from} to={props.to} />
      </ChartTools>
      <div className="charts">
        <Charts
          dataset={dataset}
          answer={answer}
          question={question}
          slots={slots}
          hover={hover}
          draw={state.draw}
          log={state.log}
          onZoom={props.onZoom}
          onPickTime={pick.onPickTime}
          onPoint={props.onPoint}
          picked={pick.picked}
          onPick={pick.onPick}
          onBubble={() => pick.bubble(true)}
          onExample={pick.onExample}
          markers={props.markers}
        />
      </div>
      <Tabs
        label="Result"
        panel="query-panel"
        tabs={props.lines || state.tab === 'lines' ? titles : noLines}
        chosen={state.tab}
        onChoose={(t) => set({ tab: t as Tab })}
      />
      <div id="query-panel" role="tabpanel" aria-labelledby={`tab-${state.tab}`}>
        {state.tab === 'results' && answer.result.columns.length > 0 && (
          <ResultTable
            result={answer.result}
            question={question}
            slots={slots}
            hover={hover}
            actions={actions}
            ticked={pick.ticked}
            onTick={pick.onTick}
            onBubble={pick.onGroup}
            sort={state.sort}
            onSort={(sort) => set({ sort })}
            find={state.find}
            onFind={(find) => setParams(encodeView({ find }), true)}
          />
        )}
        {state.tab === 'results' && answer.result.columns.length === 0 && (
          <p className="empty muted">Group by a field, or add a calculation like COUNT, to see figures here.</p>
        )}
        {state.tab === 'traces' && (
          <TracesTab
            env={env}
            answer={answer}
            question={question}
            ticked={sel?.type === 'traces' ? sel.ids : []}
            onTick={pick.onTickTrace}
            sort={state.tsort}
            onSort={(tsort) => set({ tsort })}
          />
        )}
        {state.tab === 'raw' && (
          <RawTab
            {...{ runKey, body, actions }}
            cols={state.cols}
            onCols={onCols}
            oldest={state.oldest}
            onOldest={(oldest) => set({ oldest })}
            open={state.event}
            onOpen={(event) => setParams(encodeView({ event }), state.event !== '' && event !== '')}
          />
        )}
        {state.tab === 'lines' && (
          <LinesTab {...{ env, dataset, answer, question, actions }} oldest={state.oldest} onOldest={(oldest) => set({ oldest })} />
        )}
        {state.tab === 'explore' && <ExploreTab runKey={runKey} body={body} actions={actions} />}
      </div>
      {sel && !state.bubble && (
        <div className="pickbar" role="status">
          <span className="grow clip">{selectionWords(sel, utc)}</span>
          <button type="button" className="btn small" onClick={() => pick.bubble(true)} title="What is different about them (b)">
            BubbleUp: against the rest
          </button>
          <button type="button" className="btn small bare" onClick={pick.clear}>
            Clear
          </button>
        </div>
      )}
      <Foot dataset={dataset} answer={answer} question={question} />
    </div>
  );
}

const drawNames = [
  ['lines', 'Lines'],
  ['stacked', 'Stacked'],
  ['bars', 'Bars'],
] as const;

function ChartTools({ state, lines, children }: { state: QueryState; lines: boolean; children: React.ReactNode }): React.ReactElement {
  return (
    <div className="chart-tools">
      {lines && (
        <>
          <div className="views" role="group" aria-label="Draw as">
            {drawNames.map(([id, name]) => (
              <button key={id} type="button" className="btn small" aria-pressed={state.draw === id} onClick={() => set({ draw: id })}>
                {name}
              </button>
            ))}
          </div>
          <button
            type="button"
            className="btn small"
            aria-pressed={state.log && state.draw === 'lines'}
            disabled={state.draw !== 'lines'}
            onClick={() => set({ log: !state.log })}
            title="Logarithmic values"
          >
            Log
          </button>
          <span className="muted grow clip">drag to zoom, Shift-drag to compare with the rest</span>
        </>
      )}
      {!lines && <span className="grow" />}
      {children}
    </div>
  );
}
