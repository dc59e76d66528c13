import { useMemo, useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import type { ItemBundle, OccurrencePage } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { linkTo } from '../../../app/location';
import { filterText } from '../../../query/copyAs';
import { count } from '../../../time/format';
import { say, sayBad } from '../../../widgets/Toasts';
import { pastOf, pathsOf, splitWords } from './split';

interface Props {
  bundle: ItemBundle;
  onChanged: () => void;
}

type Value = string | number | boolean;

/** Picks which occurrences go: those that have one value somewhere in their payload. */
export function SplitForm({ bundle, onChanged }: Props): React.ReactElement {
  const { item, where } = bundle;
  const [path, setPath] = useState('');
  const [value, setValue] = useState<Value>();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const latest = useLoad(`split ${item.id} ${item.last_id}`, (signal) =>
    get<OccurrencePage>(`errors/items/${item.id}/occurrence`, { which: 'latest' }, signal),
  );
  const paths = useMemo(() => (latest.data ? pathsOf(latest.data.occurrence.payload) : []), [latest.data]);
  const found = useLoad(`split values ${item.id} ${path}`, (signal) =>
    path === ''
      ? Promise.resolve(undefined)
      : get<{ values: { value: Value; count: number }[] | null }>(
          'values',
          { field: path, dataset: '__all__', q: where, limit: '20' },
          signal,
        ),
  );
  const values = path !== '' && !found.loading ? (found.data?.values ?? []) : [];
  const all = values.reduce((n, v) => n + v.count, 0);
  const chosen = values.find((v) => v.value === value);
  const split = async (): Promise<void> => {
    if (!chosen) return;
    setBusy(true);
    setRefused('');
    try {
      const before = await get<{ rules: { body: string } }>('errors/rules');
      const { version } = await post<{ version: number }>(`errors/items/${item.id}/split`, { path, value: chosen.value });
      say(`Split: ${path} ${JSON.stringify(chosen.value)} is an item of its own from now on`, () => void undo(before.rules.body, version));
      setPath('');
      setValue(undefined);
      onChanged();
    } catch (e) {
      setRefused(whyOf(e));
    }
    setBusy(false);
  };
  const undo = async (body: string, version: number): Promise<void> => {
    try {
      const now = await get<{ rules: { version: number } }>('errors/rules');
      if (now.rules.version !== version) throw new Error('The rules were changed since: take the rule away under Grouping rules');
      await post('errors/rules/rules', { body });
      say('Taken back: the rule is gone, occurrences come here again');
      onChanged();
    } catch (e) {
      sayBad(whyOf(e));
    }
  };
  return (
    <section className="epart" aria-label="Split">
      <header>
        <h2>Split by a value</h2>
      </header>
      <p className="muted">
        Where one item holds two errors, choose what tells them apart. It becomes a <a {...linkTo('/errors/rules')}>grouping rule</a>, that
        can be changed and taken away like any other.
      </p>
      <form
        className="isplit"
        onSubmit={(e) => {
          e.preventDefault();
          if (!busy) void split();
        }}
      >
        <label>
          What tells them apart
          <select
            className="input mono"
            value={path}
            onChange={(e) => {
              setPath(e.target.value);
              setValue(undefined);
              setRefused('');
            }}
          >
            <option value="">choose a value of the payload</option>
            {paths.map((p) => (
              <option key={p}>{p}</option>
            ))}
          </select>
        </label>
        {latest.error && <p className="muted">{latest.error.message}</p>}
        {path !== '' && found.loading && <p className="muted">Looking at what the occurrences have…</p>}
        {path !== '' && found.error && (
          <p className="note bad" role="alert">
            {found.error.message}
          </p>
        )}
        {path !== '' && !found.loading && !found.error && values.length === 0 && (
          <p className="muted">
            No occurrence has it as a field of its own, so its values can’t be counted. A <a {...linkTo('/errors/rules')}>rule</a> can still
            ask for it.
          </p>
        )}
        {values.length === 1 && (
          <p className="muted">
            All occurrences have <code>{String(values[0]!.value)}</code>: this does not tell them apart.
          </p>
        )}
        {values.length > 1 && (
          <fieldset>
            <legend>Which of them go</legend>
            {values.map((v) => (
              <label key={`${typeof v.value} ${String(v.value)}`} className="isplit-value">
                <input type="radio" name="value" checked={v.value === value} onChange={() => setValue(v.value)} />
                <span className="mono clip grow" title={String(v.value)}>
                  {String(v.value)}
                </span>
                <span className="isplit-bar" aria-hidden="true">
                  <i style={{ width: `${(v.count / all) * 100}%` }} />
                </span>
                <span className="num">{count(v.count)}</span>
              </label>
            ))}
          </fieldset>
        )}
        {chosen && (
          <p className="isplit-words">
            {splitWords(path, JSON.stringify(chosen.value), chosen.count, all)}{' '}
            <a {...linkTo(pastOf(where, filterText(path, chosen.value), item.first))}>Look at those of the past</a>
          </p>
        )}
        {refused && (
          <p className="note bad" role="alert">
            {refused}
          </p>
        )}
        {values.length > 1 && (
          <div className="row">
            <button type="submit" className="btn" disabled={!chosen || busy}>
              Split
            </button>
          </div>
        )}
      </form>
    </section>
  );
}
