import { useEffect, useMemo, useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import type { ErrorItem } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { useKeys } from '../../../app/keys';
import { linkTo, setParams, useAddress } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { clock, count, day, momentMs } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { say, sayBad } from '../../../widgets/Toasts';
import { examples, jsonMistake } from './rules';

type Kind = 'rules' | 'paths' | 'options';

interface Setting {
  body: string;
  version: number;
  versions: { version: number; at: string; author: string; body: string }[];
}

interface Outcome {
  tried: number;
  changed: number;
  more: boolean;
  merges: number;
  splits: number;
  problems: string[];
  moved: {
    item: ErrorItem | null;
    fingerprint: string;
    would: string;
    would_item: ErrorItem | null;
    environment: string;
    title: string;
    count: number;
  }[];
}

const kinds: readonly [Kind, string, string][] = [
  ['rules', 'Fingerprint rules', 'the first that fits decides what an occurrence is grouped by'],
  ['paths', 'Path rules', 'make files of different folders alike before they are compared'],
  ['options', 'Options', 'what else a project does with its items'],
];

/** Rules that group errors, tried on what came before they are kept. */
export default function RulesPage(): React.ReactElement {
  const url = useAddress();
  const { utc } = usePrefs();
  const only = /^\d{1,18}$/.test(url.searchParams.get('item') ?? '') ? url.searchParams.get('item')! : '';
  const [turn, setTurn] = useState(0);
  const [kind, setKind] = useState<Kind>('rules');
  const [texts, setTexts] = useState<Record<Kind, string>>({ rules: '[]', paths: '[]', options: '{}' });
  const [outcome, setOutcome] = useState<Outcome>();
  const [error, setError] = useState('');
  const [trying, setTrying] = useState(false);
  const loaded = useLoad(`rules ${turn}`, (signal) => get<Record<Kind, Setting> & { problems: string[] }>('errors/rules', {}, signal));
  const { data } = loaded;
  useEffect(() => {
    if (data) setTexts({ rules: pretty(data.rules.body), paths: pretty(data.paths.body), options: pretty(data.options.body) });
  }, [data]);
  useEffect(() => {
    document.title = 'Grouping rules · Oriel';
  }, []);
  const mistake = useMemo(() => jsonMistake(texts[kind]), [texts, kind]);
  const changed = data !== undefined && texts[kind] !== pretty(data[kind].body);
  const attempt = (): void => {
    setTrying(true);
    setError('');
    const ignore = (() => {
      try {
        return (JSON.parse(texts.options) as { ignore_client_fingerprints?: boolean }).ignore_client_fingerprints === true;
      } catch {
        return false;
      }
    })();
    post<Outcome>('errors/try', { rules: texts.rules, paths: texts.paths, ignore_client_fingerprints: ignore, item: only })
      .then(setOutcome, (e: unknown) => {
        setOutcome(undefined);
        setError(whyOf(e));
      })
      .finally(() => setTrying(false));
  };
  const keep = (): void => {
    setError('');
    post(`errors/rules/${kind}`, { body: texts[kind] }).then(
      () => {
        say('Kept: it holds for occurrences that come from now on');
        setTurn((n) => n + 1);
      },
      (e: unknown) => {
        setError(whyOf(e));
        sayBad('It was not kept');
      },
    );
  };
  useKeys('Grouping rules', { 'Ctrl+Enter': ['try on past occurrences', attempt] });
  return (
    <div className="ebody escroll">
      <div className="ehero">
        <h1>Grouping rules</h1>
        <p className="muted">
          They say which errors are the same, for occurrences that come from now on; what is grouped stays where it is. Try them on what
          came before.
        </p>
      </div>
      {loaded.error && <p className="note bad">{loaded.error.message}</p>}
      {(data?.problems ?? []).map((p) => (
        <p key={p} className="note bad">
          {p}
        </p>
      ))}
      <section className="epart eform" aria-label="Rules">
        <div className="row wrap">
          <span className="views" role="group" aria-label="What is edited">
            {kinds.map(([k, name]) => (
              <button key={k} type="button" className="btn small" aria-pressed={kind === k} onClick={() => setKind(k)}>
                {name}
              </button>
            ))}
          </span>
          <span className="muted">{kinds.find(([k]) => k === kind)![2]}</span>
          <span className="grow" />
          <Menu
            className="btn small"
            label="Examples ▾"
            name="Examples"
            items={examples[kind].map(([name, body]) => ({ label: name, run: () => setTexts({ ...texts, [kind]: body }) }))}
          />
          {data && data[kind].versions.length > 0 && (
            <Menu
              className="btn small"
              label={`Version ${data[kind].version} ▾`}
              name="Versions"
              items={data[kind].versions.map((v) => ({
                label: `${v.version} · ${day(momentMs(v.at), utc)} ${clock(momentMs(v.at), utc)}${v.author ? ` · ${v.author}` : ''}`,
                run: () => setTexts({ ...texts, [kind]: pretty(v.body) }),
              }))}
            />
          )}
        </div>
        <textarea
          className={mistake ? 'input mono bad' : 'input mono'}
          aria-label={kinds.find(([k]) => k === kind)![1]}
          aria-invalid={mistake !== ''}
          rows={16}
          spellCheck={false}
          value={texts[kind]}
          onChange={(e) => setTexts({ ...texts, [kind]: e.target.value })}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
              e.preventDefault();
              attempt();
            }
          }}
        />
        {(mistake || error) && (
          <p className="error-text" role="alert">
            {mistake || error}
          </p>
        )}
        <div className="row wrap">
          <button type="button" className="btn" onClick={attempt} disabled={trying || mistake !== ''} title="Ctrl Enter">
            {trying ? 'Trying…' : only ? 'Try on this item’s occurrences' : 'Try on past occurrences'}
          </button>
          <button type="button" className="btn primary" onClick={keep} disabled={!changed || mistake !== ''}>
            Keep
          </button>
          {only && (
            <button type="button" className="btn bare" onClick={() => setParams({ item: undefined })}>
              Of all items
            </button>
          )}
        </div>
      </section>
      {outcome && <Tried outcome={outcome} />}
    </div>
  );
}

function Tried({ outcome }: { outcome: Outcome }): React.ReactElement {
  const { moved } = outcome;
  return (
    <section className="epart" aria-label="What they would do">
      <header>
        <h2>
          {outcome.changed === 0
            ? 'Nothing would change'
            : `${count(outcome.changed)} of ${count(outcome.tried)} occurrences would be grouped otherwise`}
        </h2>
        <span className="muted" role="status">
          {outcome.tried === 0
            ? 'there are none to try on'
            : `the last ${count(outcome.tried)} were tried${outcome.more ? ', there are more' : ''}`}
          {outcome.splits > 0 && ` · ${outcome.splits} items come apart`}
          {outcome.merges > 0 && ` · ${outcome.merges} times items come together`}
        </span>
      </header>
      {outcome.problems.map((p) => (
        <p key={p} className="error-text">
          {p}
        </p>
      ))}
      {moved.length > 0 && (
        <table>
          <thead>
            <tr>
              <th className="num">Times</th>
              <th>From</th>
              <th>To</th>
              <th>Where</th>
            </tr>
          </thead>
          <tbody>
            {moved.map((m) => (
              <tr key={`${m.environment} ${m.fingerprint} ${m.would}`}>
                <td className="num">{count(m.count)}</td>
                <td className="op">{m.item ? <ItemLink item={m.item} /> : <code>{m.fingerprint}</code>}</td>
                <td className="op">
                  {m.would_item ? (
                    <ItemLink item={m.would_item} />
                  ) : (
                    <>
                      <span className="badge es-new">new item</span> {m.title}
                    </>
                  )}
                </td>
                <td>{m.environment}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function ItemLink({ item }: { item: ErrorItem }): React.ReactElement {
  return (
    <a {...linkTo(`/errors/${item.id}`)} title={item.title}>
      <span className="muted">#{item.counter}</span> {item.title}
    </a>
  );
}

/** JSON laid out, or as it is where it is none. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
