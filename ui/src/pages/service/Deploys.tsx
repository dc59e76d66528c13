import { linkTo } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import type { Marker } from '../../charts/markers';
import { filterText } from '../../query/copyAs';
import { bubbleUp, servicePage } from '../../query/links';
import { ago, clock, day, momentMs } from '../../time/format';
import { around } from '../../time/range';

interface Props {
  service: string;
  markers: readonly Marker[];
  /** In ns: what the markers count from. */
  base: string;
}

const mostDeploys = 8;
const halfHour = 30 * 60_000;

/** What a marker is called where only deploys stand: "deploy: 2.4.0" is 2.4.0. */
function shortLabel(label: string): string {
  return label.replace(/^deploy: /, '') || label;
}

/** The latest deploys and other markers; each leads to the service before and after it. */
export function Deploys({ service, markers, base }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const list = [...markers].sort((a, b) => b.from - a.from).slice(0, mostDeploys);
  return (
    <section className="panel" aria-label="Deploys">
      <table>
        <thead>
          <tr>
            <th>Deploys</th>
            <th>
              <span className="sr">Before and after</span>
            </th>
            <th className="num">Time</th>
          </tr>
        </thead>
        <tbody>
          {list.map((m) => {
            const ms = momentMs(base, m.from);
            const at = BigInt(base) + BigInt(Math.round(m.from));
            return (
              <tr key={m.id}>
                <td className="end">
                  <a
                    className="clip"
                    title={`${m.label}: the service before and after`}
                    {...linkTo(servicePage(service, around(at, halfHour)))}
                  >
                    {shortLabel(m.label)}
                  </a>
                </td>
                <td className="num">
                  <a
                    title="BubbleUp: what came after it against what was before"
                    {...linkTo(
                      bubbleUp(filterText('service.name', service), `r:${at}:${around(at, halfHour).to}:::`, around(at, halfHour)),
                    )}
                  >
                    What changed
                  </a>
                </td>
                <td className="num muted" title={`${day(ms, utc)} ${clock(ms, utc)}`}>
                  {ago(Date.now() - ms)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {list.length === 0 && <p className="muted none">Nobody told of a deploy.</p>}
    </section>
  );
}
