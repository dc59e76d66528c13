import { useRef, useState } from 'react';

import { useKeys } from '../../../app/keys';
import { setPrefs, usePrefs } from '../../../app/prefs';
import { linkTo } from '../../../app/location';
import { CellMenu, type ValueActions } from '../../../query/bubble/CellMenu';
import { cellText, type Cell } from '../../../query/cell';
import { ident, quote } from '../../../query/lex';
import { bytes, clock, day } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import { Tabs } from '../../../widgets/Tabs';
import type { ListHandle } from '../../../widgets/VirtualList';
import { asText } from '../copy';
import { useFeed, useWholeLine, type Look } from '../data';
import { nextMatch, shortLevel, sourceOf, speakerOf, type Line } from '../lines';
import { runsOf, withMarks, type Mark } from '../runs';
import { addressOf, onlyLines, type LogsState, type Panel } from '../url';
import { indexOf, LineList } from './LineList';
import { mostWrapped, Runs } from './LineRow';
import { errorsWith } from '../../../query/links';
import { TraceExcerpt } from '../../../query/trace/TraceExcerpt';

interface Props {
  line: Line | undefined;
  at: string;
  look: Look;
  state: LogsState;
  marks: readonly Mark[];
  slotOf: (service: string) => number;
  actions: ValueActions;
  isMatch: (line: Line) => boolean;
  onPanel: (p: Panel) => void;
  onStep: (by: number) => void;
  onOpen: (at: string) => void;
  onClose: () => void;
}

const tabs = [
  ['fields', 'Fields'],
  ['context', 'Context'],
  ['trace', 'Trace'],
  ['raw', 'Raw'],
] as const;

/** One line beside the list: its fields, what stood around it, its trace. */
export function LinePanel(props: Props): React.ReactElement {
  const { line, at, look, state, actions } = props;
  const { utc } = usePrefs();
  const whole = useWholeLine(look, at);
  const fields = whole.data ?? line?.fields ?? new Map<string, Cell>();
  const body = cellText(fields.get('body') ?? line?.body ?? '');
  const trace = cellText(fields.get('trace.trace_id') ?? '');
  const span = cellText(fields.get('trace.parent_id') ?? '');
  const traced = fields.has('trace.trace_id');
  const shown = tabs.filter(([id]) => id !== 'trace' || traced);
  const panel = shown.some(([id]) => id === state.panel) ? state.panel : 'fields';
  return (
    <aside className="lpanel" aria-label="Line">
      <header>
        <div className="row">
          {line && <span className={`llevel lv-${line.level}`}>{shortLevel[line.level]}</span>}
          <h2 className="grow lwhen" title={line ? `${day(line.ms, utc)} · ${line.ns} ns` : ''}>
            {line && <span className="clip">{day(line.ms, utc)}</span>} <span>{line ? clock(line.ms, utc, true) : 'Line'}</span>
          </h2>
          <button type="button" className="btn small bare" onClick={() => props.onStep(-1)} title="Line above (k)" aria-label="Line above">
            ↑
          </button>
          <button type="button" className="btn small bare" onClick={() => props.onStep(1)} title="Line below (j)" aria-label="Line below">
            ↓
          </button>
          {line && (
            <CopyButton className="btn small bare" label="Copy" title="Copy the line as text" text={() => asText([{ ...line, body }])} />
          )}
          <CopyButton
            className="btn small bare"
            label="Link"
            title="Copy a link to this line"
            text={() => new URL(addressOf('logs', { ...state, line: at }), location.href).href}
          />
          <button type="button" className="btn small bare" onClick={props.onClose} title="Close (Esc)">
            Close
          </button>
        </div>
        {line && (
          <p className="row lpanel-from">
            <span className="bar-mark" style={{ background: `var(--s${props.slotOf(speakerOf(line))})` }} />
            <span className="clip">
              {line.service || sourceOf(line).group}
              <span className="muted">
                {' '}
                {line.service !== '' && sourceOf(line).group !== line.service && `· ${sourceOf(line).group} `}
                {sourceOf(line).stream && `· ${sourceOf(line).stream}`}
              </span>
            </span>
            <span className="grow" />
            {traced && (
              <a className="btn small" {...linkTo(`/trace/${encodeURIComponent(trace)}${span ? `?span=${encodeURIComponent(span)}` : ''}`)}>
                Open trace
              </a>
            )}
            {traced && (
              <a className="btn small" {...linkTo(errorsWith('trace_id', trace))} title="Errors that happened in its trace">
                Errors
              </a>
            )}
          </p>
        )}
        <Tabs label="About the line" panel="line-panel" tabs={shown} chosen={panel} onChoose={(id) => props.onPanel(id as Panel)} />
      </header>
      <div id="line-panel" className="lpanel-body" role="tabpanel" aria-labelledby={`tab-${panel}`}>
        {whole.error && <p className="note bad">{whole.error.message}</p>}
        {panel === 'fields' && (
          <>
            <Message key={at} body={body} marks={props.marks} />
            <FieldList fields={fields} actions={actions} />
          </>
        )}
        {panel === 'raw' && <Raw fields={fields} line={line} />}
        {panel === 'context' && line && <Context key={at} {...props} line={line} fields={fields} />}
        {panel === 'trace' && traced && (
          <>
            <TraceExcerpt trace={trace} span={span} />
            {line && <Same key={trace} {...props} line={line} where={`trace.trace_id = ${quote(trace)}`} name="Lines of the trace" />}
          </>
        )}
        {!line && !whole.loading && panel !== 'fields' && <p className="lnone muted">The line is not in the list any more.</p>}
      </div>
    </aside>
  );
}

/** The message, with JSON laid out where it is JSON. */
function Message({ body, marks }: { body: string; marks: readonly Mark[] }): React.ReactElement {
  const [all, setAll] = useState(false);
  const pretty = prettyJSON(body);
  const [laid, setLaid] = useState(true);
  const text = laid && pretty !== undefined ? pretty : body;
  const cut = !all && text.length > mostWrapped;
  return (
    <div className="lmessage">
      {/* It scrolls, so it must be reached by key. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label="Message">
        <Runs runs={withMarks(runsOf(cut ? text.slice(0, mostWrapped) : text), marks)} />
        {text === '' && <span className="muted">(no message)</span>}
      </pre>
      <div className="row">
        {cut && (
          <button type="button" className="btn small" onClick={() => setAll(true)}>
            {bytes(text.length)}, show all
          </button>
        )}
        {pretty !== undefined && (
          <button type="button" className="btn small bare" aria-pressed={laid} onClick={() => setLaid((l) => !l)}>
            Laid out
          </button>
        )}
        <CopyButton className="btn small bare" label="Copy the message" text={() => body} />
      </div>
    </div>
  );
}

function prettyJSON(body: string): string | undefined {
  if (!/^\s*[{[]/.test(body) || body.length > 200_000) return undefined;
  try {
    // Large integers must not change: if any would, the text stays as it is.
    if (/[:[,]\s*-?\d{16,}/.test(body)) return undefined;
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return undefined;
  }
}

const ours = /^(?:_|meta\.|trace\.|telemetry\.|library\.|severity_|flags$)/;

/** All fields, the pinned first, then what the line itself says. */
function FieldList({ fields, actions }: { fields: ReadonlyMap<string, Cell>; actions: ValueActions }): React.ReactElement {
  const { pinned } = usePrefs();
  const [find, setFind] = useState('');
  const needle = find.trim().toLowerCase();
  const rank = (n: string): number => (pinned.includes(n) ? 0 : ours.test(n) ? 2 : 1);
  const list = [...fields]
    .filter(([n, v]) => n !== 'body' && (needle === '' || n.toLowerCase().includes(needle) || cellText(v).toLowerCase().includes(needle)))
    .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
  return (
    <>
      {fields.size > 10 && (
        <input
          className="input small lfind"
          aria-label="Find in the fields"
          placeholder="find a field or value"
          value={find}
          onChange={(e) => setFind(e.target.value)}
          onKeyDown={(e) => e.key === 'Escape' && (find === '' ? e.currentTarget.blur() : setFind(''))}
        />
      )}
      <dl className="lfields">
        {list.map(([name, value]) => (
          <div key={name}>
            <dt title={name}>
              <button
                type="button"
                className="lpin"
                aria-pressed={pinned.includes(name)}
                aria-label={`Pin ${name}`}
                title={pinned.includes(name) ? 'Unpin' : 'Pin: show it first, on every line'}
                onClick={() => setPrefs({ pinned: pinned.includes(name) ? pinned.filter((p) => p !== name) : [...pinned, name] })}
              >
                {pinned.includes(name) ? '●' : '○'}
              </button>
              <span className="clip">{name}</span>
            </dt>
            <dd>
              <CellMenu field={name} value={value} actions={actions} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Raw({ fields, line }: { fields: ReadonlyMap<string, Cell>; line: Line | undefined }): React.ReactElement {
  const text = JSON.stringify({ time: line?.ns, dataset: line?.dataset, ...Object.fromEntries(fields) }, null, 2);
  return (
    <div className="lmessage">
      {/* It scrolls, so it must be reached by key. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label="Raw line">
        <Runs runs={runsOf(text.slice(0, 200_000))} />
      </pre>
      <CopyButton className="btn small" label="Copy JSON" text={() => text} />
    </div>
  );
}

type Near = 'stream' | 'service' | 'host' | 'trace';

/** The conditions that keep to where a line came from. */
function nearConditions(line: Line, fields: ReadonlyMap<string, Cell>): [Near, string, string][] {
  const is = (name: string): string => `${ident(name)} = ${quote(cellText(fields.get(name)))}`;
  const has = (name: string): boolean => fields.get(name) !== undefined && fields.get(name) !== null && fields.get(name) !== '';
  const out: [Near, string, string][] = [];
  if (has('log.stream'))
    out.push(['stream', 'Same stream', has('log.group') ? `${is('log.group')} AND ${is('log.stream')}` : is('log.stream')]);
  else if (has('service.name') && has('host.name'))
    out.push(['stream', 'Same service and host', `${is('service.name')} AND ${is('host.name')}`]);
  if (has('service.name')) out.push(['service', 'Same service', is('service.name')]);
  if (has('host.name')) out.push(['host', 'Same host', is('host.name')]);
  if (has('trace.trace_id')) out.push(['trace', 'Same trace', is('trace.trace_id')]);
  return out;
}

/** What stood around a line, whatever was searched for. */
function Context(props: Props & { line: Line; fields: ReadonlyMap<string, Cell> }): React.ReactElement {
  const choices = nearConditions(props.line, props.fields);
  const [near, setNear] = useState<Near | ''>(choices[0]?.[0] ?? '');
  const where = choices.find(([id]) => id === near)?.[2] ?? '';
  return (
    <>
      <div className="row wrap lnear" role="group" aria-label="Lines around">
        <button type="button" className="btn small" aria-pressed={near === ''} onClick={() => setNear('')}>
          All lines
        </button>
        {choices.map(([id, label]) => (
          <button key={id} type="button" className="btn small" aria-pressed={near === id} onClick={() => setNear(id)}>
            {label}
          </button>
        ))}
      </div>
      <Same key={where} {...props} where={where} name="Lines around" />
    </>
  );
}

const aroundMs = 30 * 24 * 3600_000;

/** Lines that meet a condition, whatever was searched for, with the line in the middle. */
function Same(props: Props & { line: Line; where: string; name: string }): React.ReactElement {
  const { line, state, where } = props;
  const { utc } = usePrefs();
  const handle = useRef<ListHandle>(null);
  const look: Look = {
    key: `${line.at} ${where}`,
    // Within a group, or all of them: a trace crosses groups.
    dataset: where.startsWith('trace.') || where.startsWith('host.') || where === '' ? '__all__' : line.dataset || '__all__',
    search: '',
    where: where === '' ? onlyLines : `${onlyLines} AND ${where}`,
    anyLevel: onlyLines,
    fromMs: line.ms - aroundMs,
    toMs: line.ms + aroundMs,
  };
  const feed = useFeed(look, 'asc', [], line.at);
  const match = (by: 1 | -1): void => {
    const found = feed.lines[nextMatch(feed.lines, indexOf(feed, line.at), by, props.isMatch)];
    if (found) props.onOpen(found.at);
  };
  useKeys(props.name, {
    n: ['next of them that holds what is searched for', () => match(1)],
    N: ['previous of them that holds it', () => match(-1)],
  });
  return (
    <LineList
      feed={feed}
      name={props.name}
      handle={handle}
      look={{ utc, wrap: state.wrap, days: false, cols: [], marks: props.marks, service: !/service\.name|log\.stream/.test(where) }}
      slotOf={props.slotOf}
      open={line.at}
      focused=""
      picked={none}
      isFaint={(l) => l.at !== line.at && !props.isMatch(l)}
      anchor={line.at}
      onPress={(i) => {
        const other = feed.lines[i];
        if (other) props.onOpen(other.at);
      }}
    />
  );
}

const none: ReadonlySet<string> = new Set();
