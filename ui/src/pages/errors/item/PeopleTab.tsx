import { get } from '../../../api/client';
import type { ItemBundle, Person } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { count } from '../../../time/format';
import { ValueMenu } from '../../../widgets/ValueMenu';
import { age } from '../list/columns';

/** Whom the item hit. */
export function PeopleTab({ bundle }: { bundle: ItemBundle }): React.ReactElement {
  const { item } = bundle;
  const { data, error } = useLoad(`people ${item.id} ${item.last}`, (signal) =>
    get<{ people: Person[]; total: number }>(`errors/items/${item.id}/people`, {}, signal),
  );
  const now = Date.now();
  if (error) return <p className="note bad">{error.message}</p>;
  if (data && data.people.length === 0) {
    return (
      <div className="empty">
        <h2>Nobody is named in the occurrences</h2>
        <p>
          Senders name people in <code>person.id</code>, <code>person.username</code> and <code>person.email</code> of a payload,
          OpenTelemetry in <code>enduser.id</code> or <code>user.id</code> of a span.
        </p>
      </div>
    );
  }
  return (
    <section className="epart" aria-label="People">
      <header>
        <h2>People</h2>
        <span className="muted">
          {data && `about ${count(data.total)}${data.people.length < data.total ? `, the ${count(data.people.length)} hit last` : ''}`}
        </span>
      </header>
      {/* It scrolls, so it must be reached by key. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="iscroll" tabIndex={0} role="region" aria-label="People as a table">
        <table>
          <thead>
            <tr>
              <th>Person</th>
              <th>Name</th>
              <th>E-mail</th>
              <th className="num">Times</th>
              <th className="num">First</th>
              <th className="num">Last</th>
            </tr>
          </thead>
          <tbody>
            {(data?.people ?? []).map((p) => (
              <tr key={p.id}>
                <td className="icell">
                  <ValueMenu field="person.id" value={p.id} />
                </td>
                <td className="clip">{p.username}</td>
                <td className="clip">{p.email}</td>
                <td className="num">{count(p.count)}</td>
                <td className="num">{age(p.first, now)}</td>
                <td className="num">{age(p.last, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
