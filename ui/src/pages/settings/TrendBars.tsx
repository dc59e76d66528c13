import { count } from '../../time/format';
import type { Trend } from './rules';

const bar = 3;
const height = 26;

/** What was reported of a rule in the last ten minutes: of the requests, those sampled and those borrowed. */
export function TrendBars({ trend, name }: { trend: Trend | undefined; name: string }): React.ReactElement {
  if (!trend) return <span className="muted">nothing reported</span>;
  const most = Math.max(...trend.windows.map((w) => w.requests), 1);
  const tall = (n: number): number => (n > 0 ? Math.max((Math.min(n, most) / most) * height, 2) : 0);
  const said = `${count(trend.requests)} requests, ${count(trend.sampled)} sampled, ${count(trend.borrowed)} borrowed`;
  return (
    <div className="strend" title={said}>
      <svg width={trend.windows.length * bar} height={height} role="img" aria-label={`${name} in the last ten minutes: ${said}`}>
        {trend.windows.map((w, i) => (
          <g key={w.at}>
            <rect className="requests" x={i * bar} width={bar - 1} y={height - tall(w.requests)} height={tall(w.requests)} />
            <rect className="sampled" x={i * bar} width={bar - 1} y={height - tall(w.sampled)} height={tall(w.sampled)} />
            <rect className="borrowed" x={i * bar} width={bar - 1} y={height - tall(w.borrowed)} height={tall(w.borrowed)} />
          </g>
        ))}
      </svg>
      <span className="muted" aria-hidden="true">
        {count(trend.sampled)} of {count(trend.requests)}
      </span>
    </div>
  );
}
