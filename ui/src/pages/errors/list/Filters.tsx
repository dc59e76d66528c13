import { useEffect, useRef, useState } from 'react';

import { get, post, whyOf } from '../../../api/client';
import { levels, type Assignee, type Facet, type ItemList, type SavedView } from '../../../api/errors';
import { useLoad } from '../../../api/useLoad';
import { go } from '../../../app/location';
import { count } from '../../../time/format';
import { Menu, type MenuItem } from '../../../widgets/Menu';
import { say, sayBad } from '../../../widgets/Toasts';
import { noEnvironment } from './columns';
import { chipsOf, seens, type ListState } from './url';

interface Props {
  state: ListState;
  set: (c: Partial<ListState>) => void;
  field: React.RefObject<HTMLInputElement | null>;
  facets: ItemList['facets'] | undefined;
  team: Assignee[];
  unknown: string[];
  tabs: React.ReactNode;
  children: React.ReactNode;
}

/** The search field and the filters beside it. */
export function Filters({ state, set, field, facets, team, unknown, tabs, children }: Props): React.ReactElement {
  const [text, setText] = useState(state.q);
  useEffect(() => setText(state.q), [state.q]);
  const nameOf = (id: string): string => team.find((p) => String(p.id) === id)?.name ?? `person ${id}`;
  const chips = chipsOf(state, nameOf);
  const flip = <T extends string>(list: readonly T[], v: T): T[] => (list.includes(v) ? list.filter((x) => x !== v) : [...list, v]);
  const many = (found: Facet[] | undefined, chosen: readonly string[], run: (v: string) => void): MenuItem[] => {
    const named = found ?? [];
    const all = [...named, ...chosen.filter((c) => !named.some((f) => f.value === c)).map((value) => ({ value, count: 0 }))];
    if (all.length === 0) return [{ label: 'Nothing to choose from', run: () => undefined }];
    return all.map((f) => ({
      label: `${f.value === noEnvironment ? 'not said' : f.value || '(none)'}   ${count(f.count)}`,
      checked: chosen.includes(f.value),
      run: () => run(f.value),
    }));
  };
  return (
    <>
      <div className="etools">
        <form
          className="esearch"
          role="search"
          onSubmit={(e) => {
            e.preventDefault();
            set({ q: text.trim() });
          }}
        >
          <input
            ref={field}
            className="input"
            aria-label="Search items"
            placeholder="words of the title, #123, context:checkout, code_version:7f3c, has:comments     press /"
            spellCheck={false}
            autoComplete="off"
            value={text}
            onChange={(e) => setText(e.target.value)}
            onBlur={() => text.trim() !== state.q && set({ q: text.trim() })}
            onKeyDown={(e) => {
              if (e.key !== 'Escape') return;
              if (text === '') e.currentTarget.blur();
              else setText('');
            }}
          />
        </form>
        <Views />
        {children}
      </div>
      <div className="echips">
        {tabs}
        <Menu
          className="btn small"
          label="Level ▾"
          name="Filter by level"
          keepOpen
          items={() =>
            levels.map((l) => ({
              label: `${l}   ${count(facets?.level.find((f) => f.value === l)?.count ?? 0)}`,
              checked: state.levels.includes(l),
              run: () => set({ levels: flip(state.levels, l) }),
            }))
          }
        />
        <Menu
          className="btn small"
          label="Environment ▾"
          name="Filter by environment"
          keepOpen
          items={() => many(facets?.environment, state.environments, (v) => set({ environments: flip(state.environments, v) }))}
        />
        <Menu
          className="btn small"
          label="Framework ▾"
          name="Filter by framework"
          keepOpen
          items={() => many(facets?.framework, state.frameworks, (v) => set({ frameworks: flip(state.frameworks, v) }))}
        />
        <Menu
          className="btn small"
          label="Version ▾"
          name="Filter by version"
          items={() => many(facets?.version, state.version ? [state.version] : [], (v) => set({ version: v === state.version ? '' : v }))}
        />
        {state.tab !== 'mine' && (
          <Menu
            className="btn small"
            label="Assigned ▾"
            name="Filter by who it is assigned to"
            items={() => [
              {
                label: 'Nobody',
                checked: state.assignee === 'none',
                run: () => set({ assignee: state.assignee === 'none' ? '' : 'none' }),
              },
              ...team.map((p) => ({
                label: p.name,
                checked: state.assignee === String(p.id),
                run: () => set({ assignee: state.assignee === String(p.id) ? '' : String(p.id) }),
              })),
            ]}
          />
        )}
        <Menu
          className="btn small"
          label="Seen ▾"
          name="Filter by when it was seen last"
          items={() =>
            seens.map((s) => ({
              label: s === '' ? 'At any time' : `In the last ${s}`,
              checked: state.seen === s,
              run: () => set({ seen: s }),
            }))
          }
        />
        {chips.map(([name, without]) => (
          <span key={name} className="chip">
            <span className="clip">{name}</span>
            <button type="button" aria-label={`Remove ${name}`} onClick={() => set(without)}>
              ×
            </button>
          </span>
        ))}
        {(chips.length > 1 || (chips.length > 0 && state.q !== '')) && (
          <button
            type="button"
            className="btn small bare"
            onClick={() => set({ q: '', levels: [], environments: [], frameworks: [], version: '', assignee: '', seen: '' })}
          >
            Clear all
          </button>
        )}
        {state.environments.includes(noEnvironment) && (
          <span className="muted">
            their sender names none: set <code>deployment.environment.name</code> in OpenTelemetry’s resource, or <code>environment</code>{' '}
            in Rollbar’s payload
          </span>
        )}
        {unknown.length > 0 && (
          <span className="muted">
            <code>{unknown.join(', ')}</code> {unknown.length === 1 ? 'is no field' : 'are no fields'}: looked for in titles
          </span>
        )}
      </div>
    </>
  );
}

/** Views that were kept under a name: filters, tab and order. */
function Views(): React.ReactElement {
  const [turn, setTurn] = useState(0);
  const [naming, setNaming] = useState(false);
  const { data } = useLoad(`error views ${turn}`, (signal) => get<{ views: SavedView[] }>('errors/views', {}, signal));
  const views = data?.views ?? [];
  const done = (words: string) => (): void => {
    say(words);
    setTurn((n) => n + 1);
  };
  const failed = (e: unknown): void => sayBad(whyOf(e));
  const named = useRef(false);
  const menu = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    // The field took the button's place; the focus goes back to it.
    if (named.current && !naming) menu.current?.querySelector('button')?.focus();
    named.current = naming;
  }, [naming]);
  if (naming) {
    return (
      <form
        className="row"
        onSubmit={(e) => {
          e.preventDefault();
          const name = String(new FormData(e.currentTarget).get('name') ?? '').trim();
          setNaming(false);
          if (name !== '') post('errors/views', { name, search: location.search }).then(done(`${name} is kept`), failed);
        }}
      >
        <input
          className="input"
          name="name"
          aria-label="Name of the view"
          placeholder="name of the view"
          maxLength={100}
          // Somebody just asked to write it.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onKeyDown={(e) => e.key === 'Escape' && setNaming(false)}
        />
        <button type="submit" className="btn">
          Keep
        </button>
      </form>
    );
  }
  return (
    <span ref={menu}>
      <Menu
        className="btn"
        label="Views ▾"
        name="Saved views"
        items={() => [
          ...views.map((v) => ({ label: v.name, run: () => go(`/errors${safeSearch(v.search)}`) })),
          { label: 'Keep this view…', run: () => setNaming(true) },
          ...(views.length > 0 ? [{ label: 'Remove', run: () => undefined, head: true }] : []),
          ...views.map((v) => ({
            label: `Remove ${v.name}`,
            run: () => void post(`errors/views/${v.id}/remove`, {}).then(done(`${v.name} is removed`), failed),
          })),
        ]}
      />
    </span>
  );
}

/** A search part of an address, and nothing else. */
function safeSearch(text: string): string {
  return text.startsWith('?') && !text.includes('#') ? text : '';
}
