import { get } from '../../../api/client';
import type { Deploy, ItemBundle, ItemVersion } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { usePrefs } from '../../../app/prefs';
import { clock, count, day, momentMs } from '../../../time/format';
import { age, shortVersion } from '../list/columns';

/** In which versions it happened, which was the first bad one, and what was deployed. */
export function VersionsTab({ bundle }: { bundle: ItemBundle }): React.ReactElement {
  const { item, suspect } = bundle;
  const { utc } = usePrefs();
  const { data, error } = useLoad(`versions ${item.id} ${item.last}`, (signal) =>
    get<{ versions: ItemVersion[]; deploys: Deploy[] }>(`errors/items/${item.id}/versions`, {}, signal),
  );
  const now = Date.now();
  const when = (at: string): string => (at === '' ? '' : `${day(momentMs(at), utc)} ${clock(momentMs(at), utc)}`);
  const versions = data?.versions ?? [];
  const most = versions.reduce((n, v) => Math.max(n, v.count), 1);
  if (error) return <p className="note bad">{error.message}</p>;
  return (
    <div className="itab">
      <section className="epart" aria-label="Versions">
        <header>
          <h2>Versions</h2>
          {versions.length > 0 && <span className="muted">the last seen first</span>}
        </header>
        {data && versions.length === 0 ? (
          <p className="muted">
            No occurrence names its version. Senders do so in <code>code_version</code>, OpenTelemetry in <code>service.version</code>.
          </p>
        ) : (
          <table>
            <thead>
              <tr>
                <th>Version</th>
                <th className="num">Times</th>
                <th>
                  <span className="sr">Share</span>
                </th>
                <th className="num">First</th>
                <th className="num">Last</th>
                <th>
                  <span className="sr">What it did in it</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {versions.map((v) => (
                <tr key={v.version}>
                  <td className="mono" title={v.version}>
                    {shortVersion(v.version)}
                  </td>
                  <td className="num">{count(v.count)}</td>
                  <td className="ibarcell">
                    <span className="ibar" style={{ width: `${(100 * v.count) / most}%` }} />
                  </td>
                  <td className="num" title={when(v.first)}>
                    {age(v.first, now)}
                  </td>
                  <td className="num" title={when(v.last)}>
                    {age(v.last, now)}
                  </td>
                  <td>
                    {v.is_new && <span className="badge es-new">first bad version</span>}
                    {v.came_back && <span className="badge es-again">came back in it</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section className="epart" aria-label="Deploys">
        <header>
          <h2>Deploys to {item.environment}</h2>
        </header>
        {data && data.deploys.length === 0 ? (
          <p className="muted">
            No deploy was told of since the item began. <code>POST /api/1/deploy/</code> tells of one, as Rollbar’s does.
          </p>
        ) : (
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Revision</th>
                <th>By</th>
                <th>Status</th>
                <th>Comment</th>
              </tr>
            </thead>
            <tbody>
              {(data?.deploys ?? []).map((d) => (
                <tr key={d.id}>
                  <td title={when(d.at)}>{age(d.at, now)} ago</td>
                  <td className="mono" title={d.revision}>
                    {shortVersion(d.revision)} {suspect?.id === d.id && <span className="badge warn">suspect</span>}
                  </td>
                  <td>{d.by}</td>
                  <td>{d.status}</td>
                  <td className="icell clip">{d.comment}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}
