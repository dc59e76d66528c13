import { linkTo } from '../../app/location';
import { usePrefs } from '../../app/prefs';
import type { Marker } from '../../charts/markers';
import { filterText } from '../../query/copyAs';
import { bubbleUp, servicePage } from '../../query/links';
import { clock, day, momentMs } from '../../time/format';
import { around } from '../../time/range';

interface Props {
  service: string;
  markers: readonly Marker[];
  /** In ns: what the markers count from. */
  base: string;
}

const mostDeploys = 8;
const halfHour = 30 * 60_000;

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
                  <a className="clip" title="The service before and after" {...linkTo(servicePage(service, around(at, halfHour)))}>
                    {m.label}
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
                <td className="num muted">
                  {day(ms, utc)} {clock(ms, utc)}
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
