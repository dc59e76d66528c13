import type { Health, Histogram, Latencies } from '../../api/map';
import { BrushBars } from '../../charts/BrushBars';
import { logMarks } from '../../charts/brushBars';
import { ms, percent, perSecond, tick } from '../../charts/figures';
import { count, duration } from '../../time/format';

/** Rate, failures by class and lengths, in one row of figures. */
export function Figures({ of, seconds }: { of: Health & Latencies; seconds: number }): React.ReactElement {
  const ok = of.count - of.errors - of.throttles - of.faults;
  const classes = [
    ['ok', ok],
    ['4xx', of.errors],
    ['429', of.throttles],
    ['5xx', of.faults],
  ] as const;
  return (
    <>
      <p className="figures">
        <b className="big">{perSecond(of.count, seconds)}</b>
        <span className="muted">{count(of.count)} calls</span>
        <span className="muted">
          p50 {ms(of.p50_ms)} · p95 {ms(of.p95_ms)} · p99 {ms(of.p99_ms)}
        </span>
      </p>
      <ul className="classes">
        {classes.map(([name, n]) => (
          <li key={name} className={n === 0 ? 'muted' : ''} title={`${count(n)} of ${count(of.count)}`}>
            <i className={`dot c${name}`} aria-hidden="true" /> {name} <b>{percent(n, of.count)}</b>
          </li>
        ))}
      </ul>
    </>
  );
}

interface DistributionProps {
  title: string;
  histogram: Histogram;
  /** Drawn as steps over it. */
  other?: Histogram | undefined;
  range: [number, number] | undefined;
  onRange: (r: [number, number] | undefined) => void;
}

/** How long calls took; what is dragged over can be looked at as traces. */
export function Distribution({ title, histogram: h, other, range, onRange }: DistributionProps): React.ReactElement {
  const log = Math.log(h.max_ms / h.min_ms);
  const at = (v: number): number => Math.min(Math.max(Math.log(v / h.min_ms) / log, 0), 1);
  const value = (share: number): number => h.min_ms * Math.exp(share * log);
  const empty = !(log > 0) || h.counts.every((n) => n === 0);
  if (empty) return <p className="muted">No call has a length in this range.</p>;
  const bin = (share: number): number => Math.min(Math.floor(share * h.counts.length), h.counts.length - 1);
  return (
    <BrushBars
      label={title}
      sets={other ? [h.counts, rebinned(other, h)] : [h.counts]}
      relative={other !== undefined}
      pick={range && [at(range[0]), at(range[1])]}
      marks={logMarks(h.min_ms, h.max_ms).map((m) => ({ at: m.at, label: tick(duration(m.value * 1e6)) }))}
      height={128}
      tip={(share) => `${duration(value(share) * 1e6)} · ${count(h.counts[bin(share)]!)} calls`}
      onPick={(p) => onRange(p && [value(p[0]), value(p[1])])}
    />
  );
}

/** Counts in the bins of another histogram, each by the middle of its bin. */
function rebinned(h: Histogram, like: Histogram): number[] {
  const out = like.counts.map(() => 0);
  const log = Math.log(like.max_ms / like.min_ms);
  h.counts.forEach((n, i) => {
    const middle = h.min_ms * (h.max_ms / h.min_ms) ** ((i + 0.5) / h.counts.length);
    const to = Math.floor((Math.log(middle / like.min_ms) / log) * out.length);
    out[Math.min(Math.max(to, 0), out.length - 1)]! += n;
  });
  return out;
}
