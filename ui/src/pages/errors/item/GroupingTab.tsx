import { useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import type { Grouping, ItemBundle } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { go, linkTo } from '../../../app/location';
import { CopyButton } from '../../../widgets/CopyButton';
import { say, sayBad } from '../../../widgets/Toasts';
import { SplitForm } from './SplitForm';

interface Props {
  bundle: ItemBundle;
  onChanged: () => void;
}

/** Why these occurrences are one item, and how to put them together or apart. */
export function GroupingTab({ bundle, onChanged }: Props): React.ReactElement {
  const { item, members, fingerprints } = bundle;
  const { data, error } = useLoad(`grouping ${item.id} ${item.last}`, (signal) =>
    get<{ groupings: (Grouping & { messages: { text: string; count: number }[] })[] }>(`errors/items/${item.id}/grouping`, {}, signal),
  );
  const [other, setOther] = useState('');
  const failed = (e: unknown): void => sayBad(whyOf(e));
  const merge = (): void => {
    const counter = /^#?(\d{1,12})$/.exec(other.trim())?.[1];
    if (!counter) {
      sayBad('Write the number of the other item, as in #12');
      return;
    }
    get<{ items: { id: string }[] }>('errors/items', { q: `#${counter}`, facets: '0' })
      .then(({ items }) => {
        const found = items[0];
        if (!found) throw new Error(`There is no item #${counter}`);
        return post<{ into: string }>('errors/items/change', { ids: [item.id, found.id], change: { merge: true } });
      })
      .then(({ into }) => {
        say('Merged: they are counted as one item from now on');
        go(`/errors/${into}?tab=grouping`);
      })
      .catch(failed);
  };
  const apart = (ids: string[]): void => {
    post(`errors/items/${item.id}/unmerge`, { ids }).then(() => {
      say('Taken apart: each counts for itself again');
      onChanged();
    }, failed);
  };
  return (
    <div className="itab">
      {error && <p className="note bad">{error.message}</p>}
      {(data?.groupings ?? []).map((g) => (
        <section key={g.fingerprint} className="epart" aria-label="Why these are together">
          <header>
            <h2>Why these are together</h2>
            <span className="muted">version {g.version} of the algorithm</span>
            <span className="grow" />
            <a className="btn small" {...linkTo('/errors/rules')}>
              Grouping rules
            </a>
          </header>
          <ul className="iwords">
            {g.words.map((w, i) => (
              <li key={i}>{w}</li>
            ))}
          </ul>
          <div className="row">
            <span className="muted">Fingerprint</span>
            <code>{g.fingerprint}</code>
            <CopyButton className="btn small bare" label="Copy" text={() => g.fingerprint} />
          </div>
          {g.canonical !== '' && (
            // It scrolls, so it must be reached by key.
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            <pre className="icanon" tabIndex={0} role="region" aria-label="The text that counts">
              {g.canonical.slice(0, 20_000)}
            </pre>
          )}
          {g.frames.length > 0 && (
            <details>
              <summary>
                {g.frames.filter((f) => f.counted).length} of {g.frames.length} frames count
              </summary>
              <table className="iframes">
                <thead>
                  <tr>
                    <th>
                      <span className="sr">Counts</span>
                    </th>
                    <th>Function</th>
                    <th>File</th>
                    <th>Why</th>
                  </tr>
                </thead>
                <tbody>
                  {g.frames.map((f, i) => (
                    <tr key={i} className={f.counted ? '' : 'out'}>
                      <td>{f.counted ? '✓' : '–'}</td>
                      <td className="mono icell clip">{f.method}</td>
                      <td className="mono icell clip" title={f.file}>
                        {f.file}
                      </td>
                      <td>{f.why}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </details>
          )}
          {g.messages.length > 1 && (
            <details open={g.messages.length < 8}>
              <summary>{g.messages.length} different messages</summary>
              <table>
                <tbody>
                  {g.messages.map((m) => (
                    <tr key={m.text}>
                      <td className="num">{m.count}</td>
                      <td className="icell clip" title={m.text}>
                        {m.text}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </details>
          )}
        </section>
      ))}
      <section className="epart" aria-label="Together">
        <header>
          <h2>Put together</h2>
        </header>
        <p className="muted">Another item that has the same cause is counted with this one from now on. It can be taken apart again.</p>
        <form
          className="row"
          onSubmit={(e) => {
            e.preventDefault();
            merge();
          }}
        >
          <input
            className="input"
            aria-label="Number of the other item"
            placeholder="#12"
            value={other}
            onChange={(e) => setOther(e.target.value)}
          />
          <button type="submit" className="btn">
            Merge
          </button>
        </form>
      </section>
      <section className="epart" aria-label="Apart">
        <header>
          <h2>Take apart</h2>
          <span className="grow" />
          {members.length > 1 && (
            <button type="button" className="btn small" onClick={() => apart([])}>
              Take all apart
            </button>
          )}
        </header>
        {members.length > 0 ? (
          <ul className="imembers">
            {members.map((m) => (
              <li key={m.id} className="row">
                <a className="clip grow" {...linkTo(`/errors/${m.id}`)}>
                  <span className="muted">#{m.counter}</span> {m.title}
                </a>
                <button type="button" className="btn small" onClick={() => apart([m.id])}>
                  Take out
                </button>
              </li>
            ))}
          </ul>
        ) : (
          <p className="muted">
            All{' '}
            {fingerprints.length === 1
              ? 'its occurrences have one fingerprint'
              : `its occurrences have one of ${fingerprints.length} fingerprints`}
            . Nothing was put together with it by hand.
          </p>
        )}
      </section>
      <SplitForm bundle={bundle} onChanged={onChanged} />
    </div>
  );
}
