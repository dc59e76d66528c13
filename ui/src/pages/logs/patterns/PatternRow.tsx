import { memo, useCallback } from 'react';

import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import { drawSpark } from '../../../charts/draw';
import type { Theme } from '../../../charts/theme';
import { percent } from '../../../query/bubble/bubble';
import { clock, count, day, momentMs } from '../../../time/format';
import { CopyButton } from '../../../widgets/CopyButton';
import { Menu } from '../../../widgets/Menu';
import { addressOf, type LogsState } from '../url';
import { changeWords, levelMix, type Part, type Pattern } from './patterns';

interface Props {
  p: Pattern;
  base: string;
  /** The largest share of all. */
  most: number;
  state: LogsState;
  open: boolean;
  onOpen: (id: string) => void;
}

const spark = 96;

/** The names of what stands in a row. */
export function PatternNames(): React.ReactElement {
  return (
    <div className="pt-row pt-names" aria-hidden="true">
      <span>Change</span>
      <span>Pattern</span>
      <span className="pt-mix">Level</span>
      <span className="pt-trend">Over time</span>
      <span className="pt-count">Lines</span>
      <span className="pt-share">Share</span>
      <span className="pt-first">First</span>
      <span className="pt-lines" />
      <span />
    </div>
  );
}

/** One template: how it changed, what it says, how often and since when. */
export const PatternRow = memo(function PatternRow({ p, base, most, state, open, onOpen }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const first = p.first === undefined ? undefined : momentMs(base, p.first);
  const words = changeWords(p);
  return (
    <li className={open ? 'pt on' : 'pt'}>
      <div className="pt-row">
        <span className={`pt-change ${p.change}`}>{words}</span>
        <div className="pt-text">
          {p.rest ? (
            <i className="muted">all other messages, each of its own kind</i>
          ) : (
            p.parts.map((x, i) => <PartText key={i} part={x} />)
          )}
        </div>
        <Mix severity={p.severity} />
        <span className="pt-trend">
          <Trend values={p.trend ?? []} />
        </span>
        <span className="pt-count num" title={`${p.count} lines, ${p.before} in the period before`}>
          {count(p.count)}
        </span>
        <span className="pt-share num">
          <span className="pt-bar" style={{ width: `${most > 0 ? (100 * p.share) / most : 0}%` }} />
          {percent(p.share)}
        </span>
        <span className="pt-first muted" title={first === undefined ? '' : `first seen at this time: ${day(first, utc)}`}>
          {first === undefined ? '–' : clock(first, utc)}
        </span>
        {p.filter ? (
          <a
            className="btn small bare pt-lines"
            title="The lines of this pattern"
            {...linkTo(addressOf('logs', { ...state, where: [...state.where, p.filter] }))}
          >
            Lines
          </a>
        ) : (
          <span className="pt-lines" />
        )}
        <button
          type="button"
          className="btn small bare"
          aria-expanded={open}
          aria-label={`Details of ${p.text.slice(0, 80)}`}
          onClick={() => onOpen(p.id)}
        >
          {open ? '▾' : '▸'}
        </button>
      </div>
      {open && <Details p={p} state={state} />}
    </li>
  );
});

/** Fixed text, or a wildcard that shows its values. */
function PartText({ part }: { part: Part }): React.ReactElement {
  if (part.class === undefined) return <>{part.text}</>;
  const values = part.values ?? [];
  return (
    <Menu
      className="pt-wild"
      name={`${part.name ?? part.class}: values`}
      label={(part.name ?? part.class).toLowerCase()}
      items={
        values.length === 0
          ? [{ label: 'no values were looked at', run: () => undefined }]
          : [
              { label: `${part.class}, in the lines looked at`, run: () => undefined, head: true },
              ...values.map(([v, n]) => ({
                label: `${v.length > 80 ? `${v.slice(0, 80)}…` : v}   ${count(n)}`,
                run: () => void navigator.clipboard?.writeText(v),
              })),
            ]
      }
    />
  );
}

function Mix({ severity }: { severity: Pattern['severity'] }): React.ReactElement {
  const mix = levelMix(severity);
  const words = mix.map((m) => `${m.level === 'none' ? 'no level' : m.level} ${percent(m.share)}`).join(', ');
  return (
    <span className="pt-mix" title={words}>
      <span className="pt-mixbar" aria-hidden="true">
        {mix.map((m) => (
          <span key={m.level} className={`lvbg-${m.level}`} style={{ flexGrow: m.share }} />
        ))}
      </span>
      <span className="pt-level">{mix[0] ? (mix[0].level === 'none' ? '—' : mix[0].level) : ''}</span>
      <span className="sr">{words}</span>
    </span>
  );
}

function Trend({ values }: { values: number[] }): React.ReactElement {
  const draw = useCallback((ctx: CanvasRenderingContext2D, theme: Theme) => drawSpark(ctx, theme.accent, values, spark, 18), [values]);
  return <Canvas width={spark} height={18} label="Lines over time" draw={draw} />;
}

function Details({ p, state }: { p: Pattern; state: LogsState }): React.ReactElement {
  const insights = `filter @message like /${p.regex.replaceAll('/', '\\/')}/\n| fields @timestamp, @message\n| sort @timestamp desc\n| limit 100`;
  const query = new URLSearchParams({ from: state.from, to: state.to, query: insights });
  state.groups.forEach((g) => query.append('group', g));
  return (
    <div className="pt-details">
      <p className="row wrap">
        {p.filter && (
          <>
            <a className="btn small" {...linkTo(addressOf('logs', { ...state, where: [...state.where, p.filter] }))}>
              Its lines
            </a>
            <a className="btn small" {...linkTo(addressOf('logs', { ...state, where: [...state.where, `NOT (${p.filter})`] }))}>
              All lines but these
            </a>
          </>
        )}
        {p.regex && !p.rest && (
          <a className="btn small" {...linkTo(`/logs/insights?${query.toString()}`)}>
            In Insights
          </a>
        )}
        <CopyButton className="btn small bare" label="Copy the pattern" text={() => p.text} />
        {p.regex && <CopyButton className="btn small bare" label="Copy as regular expression" text={() => p.regex} />}
      </p>
      <dl className="pt-values">
        {p.parts
          .filter((x) => x.class !== undefined)
          .map((x) => (
            <div key={x.name}>
              <dt>{(x.name ?? x.class ?? '').toLowerCase()}</dt>
              <dd>
                {(x.values ?? []).slice(0, 10).map(([v, n]) => (
                  <span key={v} className="pt-value">
                    <code>{v.length > 120 ? `${v.slice(0, 120)}…` : v}</code> <span className="muted">{count(n)}</span>
                  </span>
                ))}
              </dd>
            </div>
          ))}
      </dl>
      {(p.samples ?? []).map((s, i) => (
        <code key={i} className="pt-sample">
          {s.length > 2000 ? `${s.slice(0, 2000)}…` : s}
        </code>
      ))}
    </div>
  );
}
