import { get } from '../../../api/client';
import type { ErrorItem, ItemBundle } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { linkTo } from '../../../app/location';
import { count } from '../../../time/format';
import { age, shortLevel, stateOf } from '../list/columns';

interface Related {
  items: { item: ErrorItem; traces: number }[];
  traces: number;
  together: { item: ErrorItem; minutes: number; share: number }[];
  similar: { item: ErrorItem; why: string[] }[];
}

/** Items that happen with this one, the same error elsewhere, and the members of a group. */
export function RelatedTab({ bundle }: { bundle: ItemBundle }): React.ReactElement {
  const { item, siblings, members } = bundle;
  const { data, error, loading } = useLoad(`related ${item.id} ${item.last}`, (signal) =>
    get<Related>(`errors/items/${item.id}/related`, {}, signal),
  );
  return (
    <div className="itab">
      {members.length > 0 && <Items title="Members" items={members} says="what is counted here together" />}
      <Items
        title="In the same traces"
        items={(data?.items ?? []).map((x) => x.item)}
        extra={{
          title: 'Traces shared',
          of: new Map((data?.items ?? []).map((x) => [x.item.id, count(x.traces)])),
        }}
        says={data ? `of its last ${data.traces} traces` : ''}
        none={
          error
            ? error.message
            : loading
              ? 'Looking…'
              : data?.traces === 0
                ? 'Its occurrences name no trace. Senders do so by a traceparent header of the request, or by OpenTelemetry.'
                : 'No other item happened in the traces of this one.'
        }
      />
      {(data?.together.length ?? 0) > 0 && (
        <Items
          title="In the same minutes"
          items={data?.together.map((x) => x.item) ?? []}
          says="of the last two days"
          extra={{
            title: 'Minutes shared',
            of: new Map(data?.together.map((x) => [x.item.id, `${count(x.minutes)} (${Math.round(x.share * 100)} %)`])),
          }}
        />
      )}
      {(data?.similar.length ?? 0) > 0 && (
        <Items
          title="Much alike"
          items={data?.similar.map((x) => x.item) ?? []}
          says="merge them if they are the same"
          extra={{
            title: 'Shared',
            text: true,
            of: new Map(data?.similar.map((x) => [x.item.id, x.why.join(', ')])),
          }}
        />
      )}
      <Items
        title="The same error elsewhere"
        items={siblings}
        says="with the same fingerprint"
        none="It happened in no other environment."
      />
    </div>
  );
}

interface ItemsProps {
  title: string;
  items: readonly ErrorItem[];
  says: string;
  none?: string;
  /** A column more, by item. */
  extra?: { title: string; text?: boolean; of: ReadonlyMap<string, string> };
}

function Items({ title, items, says, none, extra }: ItemsProps): React.ReactElement {
  const now = Date.now();
  return (
    <section className="epart" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {items.length > 0 && <span className="muted">{says}</span>}
      </header>
      {items.length === 0 && <p className="muted">{none}</p>}
      {items.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Level</th>
              <th>Item</th>
              {extra && <th className={extra.text ? undefined : 'num'}>{extra.title}</th>}
              <th className="num">Times</th>
              <th className="num">Last</th>
              <th>Where</th>
              <th>Status</th>
            </tr>
          </thead>
          <tbody>
            {items.map((i) => (
              <tr key={i.id}>
                <td className={`elevel el-${i.level}`}>{shortLevel[i.level]}</td>
                <td className="op">
                  <a {...linkTo(`/errors/${i.id}`)} title={i.title}>
                    <span className="muted">#{i.counter}</span> {i.title}
                  </a>
                </td>
                {extra && <td className={extra.text ? undefined : 'num'}>{extra.of.get(i.id) ?? ''}</td>}
                <td className="num">{count(i.total)}</td>
                <td className="num">{age(i.last, now)}</td>
                <td>{i.environment}</td>
                <td>{stateOf(i, now).word}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
