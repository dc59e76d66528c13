import type { Json, OccurrencePage } from '../../../api/errors';
import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { TraceExcerpt } from '../../../query/trace/TraceExcerpt';
import { ago, clock, day, momentMs } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import { curl } from './copy';
import { Facts } from './Facts';
import { LogsAround } from './LogsAround';
import { TelemetryPart } from './TelemetryPart';
import { Traceback } from './Traceback';
import type { ItemState } from './url';
import { objectOf } from './values';
import { ValueTree } from './ValueTree';

interface Props {
  page: OccurrencePage;
  item: string;
  state: ItemState;
  set: (c: Partial<ItemState>) => void;
}

/** One occurrence, whole: code, request, what happened before, its trace and log lines, who was hit. */
export function Latest({ page, item, state, set }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const o = page.occurrence;
  const source = `errors/items/${item}/occurrence/${o.id}/part`;
  const request = objectOf(o.payload.request);
  const command = curl(request);
  const ms = momentMs(o.at);
  return (
    <div className="iocc">
      <div className="istep row">
        <span className="views" role="group" aria-label="Which occurrence">
          <button
            type="button"
            className="btn small"
            disabled={page.newer === ''}
            title="The one after it (p)"
            onClick={() => set({ which: page.newer })}
          >
            ↑ Newer
          </button>
          <button
            type="button"
            className="btn small"
            disabled={page.older === ''}
            title="The one before it (n)"
            onClick={() => set({ which: page.older })}
          >
            ↓ Older
          </button>
        </span>
        <span className="views" role="group" aria-label="Go to">
          {(['latest', 'typical', 'oldest'] as const).map((w) => (
            <button key={w} type="button" className="btn small" aria-pressed={state.which === w} onClick={() => set({ which: w })}>
              {w === 'latest' ? 'Newest' : w === 'typical' ? 'Most typical' : 'Oldest'}
            </button>
          ))}
        </span>
        <span title={`${o.at} ns`}>
          {day(ms, utc)} {clock(ms, utc, true)}
        </span>
        <span className="muted">{ago(Date.now() - ms)}</span>
        <span className="grow" />
        <code className="muted clip">{o.uuid || o.id}</code>
        <span className="views" role="group" aria-label="Show as">
          <button type="button" className="btn small" aria-pressed={state.view === 'told'} onClick={() => set({ view: 'told' })}>
            Readable
          </button>
          <button type="button" className="btn small" aria-pressed={state.view === 'raw'} onClick={() => set({ view: 'raw' })}>
            Raw JSON
          </button>
        </span>
      </div>
      {state.view === 'raw' ? (
        <section className="epart" aria-label="Raw JSON">
          <header>
            <h2>Raw JSON</h2>
            <span className="grow" />
            <CopyButton className="btn small bare" label="Copy" text={() => JSON.stringify(o.payload, null, 2)} />
          </header>
          <ValueTree value={o.payload} source={source} />
        </section>
      ) : (
        <div className="icols">
          <div className="imain">
            <Traceback key={o.id} occurrence={o} source={source} />
            <TelemetryPart key={`t ${o.id}`} list={o.telemetry} at={o.at} source={source} />
            {o.trace_id !== '' && (
              <section className="epart" aria-label="Trace">
                <header>
                  <h2>Trace</h2>
                  <span className="grow" />
                  <a
                    className="btn small"
                    {...linkTo(`/trace/${encodeURIComponent(o.trace_id)}${o.span_id ? `?span=${encodeURIComponent(o.span_id)}` : ''}`)}
                  >
                    Open trace
                  </a>
                </header>
                <TraceExcerpt trace={o.trace_id} span={o.span_id} />
              </section>
            )}
            <LogsAround occurrence={o} />
          </div>
          <div className="iside">
            {page.links.length > 0 && (
              <section className="epart" aria-label="Links">
                <header>
                  <h2>Links</h2>
                </header>
                <ul className="ilinks">
                  {page.links.map((l) => (
                    <li key={l.name + l.url}>
                      <a href={l.url} target="_blank" rel="noreferrer noopener">
                        {l.name}
                      </a>
                    </li>
                  ))}
                </ul>
              </section>
            )}
            <Facts title="Request" value={o.payload.request} prefix="request." source={source}>
              {command && (
                <div className="row ireq">
                  <CopyButton className="btn small" label="Copy as curl" title="Secrets are masked" text={() => command} />
                </div>
              )}
            </Facts>
            <Facts title="Person" value={o.payload.person} prefix="person." source={source} />
            <Facts title="Server" value={o.payload.server} prefix="server." source={source} />
            <Facts title="Client" value={o.payload.client} prefix="client." source={source} />
            <Facts title="Custom" value={o.payload.custom} prefix="custom." source={source} />
            <Facts title="Occurrence" value={head(o.payload)} prefix="" source={source} />
            <Facts title="Notifier" value={o.payload.notifier} prefix="notifier." source={source} />
          </div>
        </div>
      )}
    </div>
  );
}

/** The scalars that a payload has at its top. */
function head(payload: { [key: string]: Json }): Json {
  return Object.fromEntries(Object.entries(payload).filter(([, v]) => v === null || typeof v !== 'object'));
}
