import { useRef, useState } from 'react';

import { postFile, whyOf } from '../../../api/client';
import { bytes } from '../../../time/format';
import { readMap, urlFor } from './maps';

interface Dropped {
  id: number;
  file: File;
  /** What the map says of the file it is of. */
  says: string | undefined;
  /** As somebody wrote it; else it is made of prefix and name. */
  url: string | undefined;
  state: 'ready' | 'sending' | 'kept' | 'wrong';
  why: string;
  hint: string;
}

const most = 200;
const mostBytes = 100 * 1024 * 1024;
let last = 0;

/** Takes maps that are dropped or chosen, and sends them for a version. */
export function Upload({ onDone }: { onDone: () => void }): React.ReactElement {
  const [list, setList] = useState<Dropped[]>([]);
  const [over, setOver] = useState(false);
  const [version, setVersion] = useState('');
  const [prefix, setPrefix] = useState('');
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const set = (id: number, c: Partial<Dropped>): void => setList((l) => l.map((d) => (d.id === id ? { ...d, ...c } : d)));
  const take = async (files: Iterable<File>): Promise<void> => {
    const fresh: Dropped[] = [];
    for (const file of [...files].slice(0, most - list.length)) {
      const one: Dropped = { id: ++last, file, says: undefined, url: undefined, state: 'ready', why: '', hint: '' };
      if (file.size > mostBytes) Object.assign(one, { state: 'wrong', why: `it has ${bytes(file.size)}; at most 100\u2009MiB are taken` });
      else {
        const read = readMap(await file.text());
        if ('problem' in read) Object.assign(one, { state: 'wrong', why: read.problem });
        else {
          one.says = read.file;
          one.hint = read.withTexts
            ? `${read.sources} sources`
            : `${read.sources} sources, without their texts: places are found, code is not shown`;
        }
      }
      fresh.push(one);
    }
    setList((l) => [...l, ...fresh]);
  };
  const urlOf = (d: Dropped): string => d.url ?? urlFor(prefix, d.file.name, d.says);
  const waiting = list.filter((d) => d.state === 'ready' || (d.state === 'wrong' && d.hint !== ''));
  const send = async (): Promise<void> => {
    setBusy(true);
    for (const d of waiting) {
      set(d.id, { state: 'sending', why: '' });
      try {
        await postFile('errors/sourcemaps', { version: version.trim(), minified_url: urlOf(d) }, d.file);
        set(d.id, { state: 'kept' });
      } catch (e) {
        set(d.id, { state: 'wrong', why: whyOf(e) });
      }
    }
    setBusy(false);
    onDone();
  };
  return (
    <section
      className={over ? 'epart mdrop over' : 'epart mdrop'}
      aria-label="Upload"
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={(e) => !e.currentTarget.contains(e.relatedTarget as Node | null) && setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        void take(e.dataTransfer.files);
      }}
    >
      <div className="row">
        <p className="grow">
          <b>Drop source maps here</b> <span className="muted">files that end in .map, as many as a build makes</span>
        </p>
        <button type="button" className="btn" onClick={() => input.current?.click()}>
          Choose files
        </button>
        <input
          ref={input}
          type="file"
          multiple
          accept=".map,application/json"
          hidden
          aria-label="Source maps"
          onChange={(e) => {
            void take(e.target.files ?? []);
            e.target.value = '';
          }}
        />
      </div>
      {list.length > 0 && (
        <form
          className="mform"
          onSubmit={(e) => {
            e.preventDefault();
            if (!busy && version.trim() !== '') void send();
          }}
        >
          <div className="mpair">
            <label>
              Version
              <input
                className="input mono"
                spellCheck={false}
                required
                placeholder="the code_version that the app reports"
                value={version}
                onChange={(e) => setVersion(e.target.value)}
              />
            </label>
            <label>
              Served below
              <input
                className="input mono"
                spellCheck={false}
                placeholder="https://shop.example/assets/"
                value={prefix}
                onChange={(e) => setPrefix(e.target.value)}
              />
            </label>
          </div>
          <ul>
            {list.map((d) => (
              <li key={d.id} data-state={d.state}>
                <span className="clip mono" title={d.file.name}>
                  {d.file.name} <span className="muted">{bytes(d.file.size)}</span>
                </span>
                {d.state === 'kept' ? (
                  <span className="clip mono muted">{urlOf(d)}</span>
                ) : (
                  <input
                    className="input small mono"
                    aria-label={`Address of the file that ${d.file.name} is of`}
                    spellCheck={false}
                    value={urlOf(d)}
                    disabled={d.state === 'sending' || (d.state === 'wrong' && d.hint === '')}
                    onChange={(e) => set(d.id, { url: e.target.value })}
                  />
                )}
                <span className={d.state === 'wrong' ? 'error-text' : 'muted'}>
                  {{ ready: d.hint, sending: 'sending…', kept: '✓ kept', wrong: d.why }[d.state]}
                </span>
                <button
                  type="button"
                  className="btn small bare"
                  aria-label={`Leave ${d.file.name} out`}
                  disabled={d.state === 'sending'}
                  onClick={() => setList((l) => l.filter((x) => x.id !== d.id))}
                >
                  ×
                </button>
              </li>
            ))}
          </ul>
          <div className="row">
            <span className="muted grow" role="status">
              {busy ? 'Sending…' : summary(list)}
            </span>
            <button type="button" className="btn" disabled={busy} onClick={() => setList([])}>
              {waiting.length === 0 ? 'Done' : 'Cancel'}
            </button>
            <button type="submit" className="btn primary" disabled={busy || waiting.length === 0 || version.trim() === ''}>
              Upload {waiting.length || ''}
            </button>
          </div>
        </form>
      )}
    </section>
  );
}

function summary(list: readonly Dropped[]): string {
  const kept = list.filter((d) => d.state === 'kept').length;
  const wrong = list.filter((d) => d.state === 'wrong').length;
  return [kept > 0 ? `${kept} kept` : '', wrong > 0 ? `${wrong} not taken` : ''].filter(Boolean).join(', ');
}
