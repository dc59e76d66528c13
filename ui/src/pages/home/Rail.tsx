import type { Deploy, Home, HomeError, SlowTrace } from '../../api/home';
import { linkTo } from '../../app/location';
import { ms } from '../../charts/figures';
import { slotStyle } from '../../charts/slotStyle';
import { servicePage } from '../../query/links';
import { ago, clock, count, day, momentMs } from '../../time/format';
import { aroundMoment } from './lead';

interface Props {
  home: Home;
  utc: boolean;
  now: number;
}

/** What is new: errors, the slowest traces, deploys. Sections without anything are not there. */
export function Rail({ home, utc, now }: Props): React.ReactElement {
  return (
    <aside className="rail" aria-label="What is new">
      {home.errors.items.length > 0 && (
        <section className="panel" aria-labelledby="rail-errors">
          <h2 id="rail-errors">
            New errors <span className="muted">24 h</span>
            <a {...linkTo('/errors?tab=new')}>All {count(home.errors.total)}</a>
          </h2>
          <ul>
            {home.errors.items.map((e) => (
              <NewError key={e.id} of={e} now={now} />
            ))}
          </ul>
        </section>
      )}
      {home.slow.length > 0 && (
        <section className="panel" aria-labelledby="rail-slow">
          <h2 id="rail-slow">
            Slowest traces <span className="muted">of each service</span>
          </h2>
          <ul>
            {home.slow.map((t) => (
              <Slow key={t.service} of={t} />
            ))}
          </ul>
        </section>
      )}
      {home.deploys.length > 0 && (
        <section className="panel" aria-labelledby="rail-deploys">
          <h2 id="rail-deploys">Deploys</h2>
          <ul>
            {home.deploys.map((d) => (
              <Deployed key={`${d.at} ${d.version} ${d.service}`} of={d} home={home} utc={utc} now={now} />
            ))}
          </ul>
        </section>
      )}
    </aside>
  );
}

function NewError({ of: e, now }: { of: HomeError; now: number }): React.ReactElement {
  return (
    <li className="rail-row">
      <a className="rail-title" title={e.title} {...linkTo(`/errors/${e.id}`)}>
        {e.title}
      </a>
      <span className="rail-facts">
        <span className={`service clip${e.service ? '' : ' muted'}`} style={slotStyle(e.slot)}>
          <span className="clip">{e.service || `#${e.counter}`}</span>
        </span>
        {e.back && <span className="badge warn">back</span>}
        <span className="grow" />
        <span>×{count(e.total)}</span>
        <span className="muted">{ago(now - momentMs(e.last))}</span>
      </span>
    </li>
  );
}

function Slow({ of: t }: { of: SlowTrace }): React.ReactElement {
  return (
    <li className="rail-row">
      <a className="rail-line" title={t.name} {...linkTo(`/trace/${t.trace_id}?span=${t.span_id}`)}>
        <span className="service clip" style={slotStyle(t.slot)}>
          <span className="clip">{t.name || '(no name)'}</span>
        </span>
        <b>{ms(t.ms)}</b>
      </a>
      {t.name !== t.service && <span className="rail-facts muted clip">{t.service}</span>}
    </li>
  );
}

function Deployed({ of: d, home, utc, now }: { of: Deploy; home: Home; utc: boolean; now: number }): React.ReactElement {
  const at = momentMs(d.at);
  const service = d.service || home.attention.find((a) => a.service !== '')?.service || home.services[0]?.name;
  const title = `${day(at, utc)} ${clock(at, utc)}`;
  return (
    <li className="rail-row">
      <span className="rail-line">
        {service ? (
          <a title={title} {...linkTo(servicePage(service, aroundMoment(d.at, home.to)))}>
            {d.version}
          </a>
        ) : (
          <b>{d.version}</b>
        )}
        <span className="muted" title={title}>
          {ago(now - at)}
        </span>
      </span>
      {(d.comment || d.by || d.service) && (
        <span className="rail-facts muted">
          <span className="clip" title={d.comment}>
            {[d.service, d.by && `by ${d.by}`, d.comment].filter(Boolean).join(' · ')}
          </span>
        </span>
      )}
    </li>
  );
}
