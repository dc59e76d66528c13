import './sourcemaps.css';

import { useCallback, useEffect, useState } from 'react';

import { get, remove, whyOf } from '../../../api/client';
import { useLoad } from '../../../api/useLoad';
import { useKeys } from '../../../app/keys';
import { setParams, useAddress } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { bytes, count, minute, momentMs } from '../../../time/format';
import { Menu } from '../../../widgets/Menu';
import { say, sayBad } from '../../../widgets/Toasts';
import { ConfirmDialog } from '../ConfirmDialog';
import { byVersion, matchedBy, type SourceMap } from './maps';
import { TestFrame } from './TestFrame';
import { Upload } from './Upload';

interface Page {
  source_maps: SourceMap[];
  total: number;
  page: number;
  page_size: number;
}

/** The source maps of each version, where they are tried and more are put. */
export default function SourceMapsPage(): React.ReactElement {
  const url = useAddress();
  const version = url.searchParams.get('version') ?? '';
  const text = url.searchParams.get('text') ?? '';
  const at = Math.max(Number(url.searchParams.get('page') ?? '1') || 1, 1);
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const [removing, setRemoving] = useState<SourceMap[]>();
  const [find, setFind] = useState(text);
  useEffect(() => setFind(text), [text]);
  useEffect(() => {
    document.title = 'Source maps · Oriel';
  }, []);
  const { data, error, loading } = useLoad(`source maps ${version} ${text} ${at} ${turn}`, (signal) =>
    get<Page>('errors/sourcemaps', { version, text, page: String(at) }, signal),
  );
  useKeys('Source maps', {
    '/': ['find a map', () => document.querySelector<HTMLInputElement>('.mfind input')?.focus()],
    r: ['look again', again],
  });
  const maps = data?.source_maps ?? [];
  const gone = async (list: SourceMap[]): Promise<void> => {
    setRemoving(undefined);
    try {
      for (const m of list) await remove(`errors/sourcemaps/${m.id}`);
      say(list.length === 1 ? 'Deleted' : `${list.length} maps are deleted`);
    } catch (e) {
      sayBad(whyOf(e));
    }
    again();
  };
  const narrowed = version !== '' || text !== '';
  return (
    <div className="ebody escroll emaps" aria-busy={loading}>
      <div className="ehero">
        <h1>Source maps</h1>
        <p className="muted">
          They lead from minified JavaScript to its sources. Frames are resolved when an error is looked at, so a map that comes late mends
          what is there.
        </p>
      </div>
      <Upload onDone={again} />
      <TestFrame version={maps.find((m) => m.code === '')?.version ?? ''} />
      {error && (
        <p className="note bad" role="alert">
          {error.message}
        </p>
      )}
      <section className="epart" aria-label="Maps">
        <header>
          <h2>{data ? `${count(data.total)} ${data.total === 1 ? 'map' : 'maps'}` : 'Maps'}</h2>
          {version !== '' && (
            <span className="chip">
              version {version}
              <button
                type="button"
                aria-label={`Remove version ${version}`}
                onClick={() => setParams({ version: undefined, page: undefined })}
              >
                ×
              </button>
            </span>
          )}
          <span className="grow" />
          <form
            className="mfind"
            role="search"
            onSubmit={(e) => {
              e.preventDefault();
              setParams({ text: find.trim(), page: undefined });
            }}
          >
            <input
              className="input small"
              aria-label="Find a map"
              placeholder="part of an address"
              value={find}
              onChange={(e) => setFind(e.target.value)}
            />
          </form>
          <button type="button" className="btn small" onClick={again}>
            Refresh
          </button>
        </header>
        {data && maps.length === 0 && <None narrowed={narrowed} />}
        {byVersion(maps).map(([v, list]) => (
          <Version key={v} version={v} maps={list} onRemove={setRemoving} />
        ))}
        {data && data.total > data.page_size && (
          <div className="row">
            <button type="button" className="btn small" disabled={at <= 1} onClick={() => setParams({ page: String(at - 1) })}>
              Newer
            </button>
            <span className="muted">
              {(at - 1) * data.page_size + 1} to {Math.min(at * data.page_size, data.total)} of {count(data.total)}
            </span>
            <button
              type="button"
              className="btn small"
              disabled={at * data.page_size >= data.total}
              onClick={() => setParams({ page: String(at + 1) })}
            >
              Older
            </button>
          </div>
        )}
      </section>
      {removing && (
        <ConfirmDialog
          title={removing.length === 1 ? 'Delete this map?' : `Delete ${removing.length} maps of ${removing[0]!.version}?`}
          yes="Delete"
          onClose={() => setRemoving(undefined)}
          onYes={() => void gone(removing)}
        >
          <p>
            Errors that were led to their sources by {removing.length === 1 ? 'it' : 'them'} show minified code until a map is there again.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function None({ narrowed }: { narrowed: boolean }): React.ReactElement {
  if (narrowed) {
    return (
      <div className="mnone">
        <p>No map matches.</p>
        <button type="button" className="btn small" onClick={() => setParams({ version: undefined, text: undefined, page: undefined })}>
          Show all
        </button>
      </div>
    );
  }
  return (
    <div className="mnone">
      <p>There is none yet. Drop maps above, or let each build send its own:</p>
      <pre>{`curl ${location.origin}/api/1/sourcemap \\\n  -F access_token="$TOKEN" -F version="$VERSION" \\\n  -F minified_url=https://shop.example/app.min.js \\\n  -F source_map=@dist/app.min.js.map`}</pre>
      <p className="muted">
        Rollbar’s plugins for webpack and Vite do the same once their <code>rollbarEndpoint</code> is{' '}
        <code>{location.origin}/api/1/sourcemap</code>.
      </p>
    </div>
  );
}

interface VersionProps {
  version: string;
  maps: SourceMap[];
  onRemove: (maps: SourceMap[]) => void;
}

function Version({ version, maps, onRemove }: VersionProps): React.ReactElement {
  const { utc } = usePrefs();
  const when = (at: string): string => minute(momentMs(at), utc);
  const failed = maps.filter((m) => m.code !== '').length;
  return (
    <details className="mversion" open>
      <summary>
        <b className="mono">{version || '(no version)'}</b>{' '}
        <span className="muted">
          {maps.length} {maps.length === 1 ? 'map' : 'maps'}, {bytes(maps.reduce((n, m) => n + m.bytes, 0))}
        </span>{' '}
        {failed > 0 && <span className="badge warn">{failed === 1 ? '1 without a map' : `${failed} without maps`}</span>}
      </summary>
      {/* It scrolls sideways where it is narrow, so it must be reached by key. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="mtable" tabIndex={0} role="region" aria-label={`Maps of ${version}`}>
        <table>
          <thead>
            <tr>
              <th>Minified file</th>
              <th className="num">Size</th>
              <th>Uploaded</th>
              <th>Last used</th>
              <th>
                <Menu
                  className="btn small bare"
                  label="⋯"
                  name={`What to do with ${version}`}
                  items={[
                    { label: 'Show this version alone', run: () => setParams({ version, page: undefined }) },
                    { label: `Delete all of these…`, run: () => onRemove(maps) },
                  ]}
                />
              </th>
            </tr>
          </thead>
          <tbody>
            {maps.map((m) => (
              <tr key={m.id}>
                <td>
                  <code className="mwrap">{m.minified_url}</code>
                  {m.code !== '' && (
                    <div className="error-text">
                      {m.problem} <span className="muted">({m.code})</span>
                    </div>
                  )}
                  {m.debug_id && <div className="muted">debug id {m.debug_id}</div>}
                  {m.variant !== 'as sent' && m.code === '' && <div className="muted">prefix {m.variant} with its name</div>}
                </td>
                <td className="num">{m.code === '' ? bytes(m.bytes) : <span className="muted">–</span>}</td>
                <td className="muted">{when(m.uploaded)}</td>
                <td>
                  {m.matched === '0' ? (
                    <span className="muted">never</span>
                  ) : (
                    <>
                      {when(m.matched)} <span className="muted">by {matchedBy(m.matched_by)}</span>
                    </>
                  )}
                </td>
                <td>
                  <button
                    type="button"
                    className="btn small bare"
                    aria-label={`Delete the map of ${m.minified_url}`}
                    onClick={() => onRemove([m])}
                  >
                    Delete
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
