import '../item/item.css';
import '../item/traceback.css';

import { useState } from 'react';

import { post, whyOf } from '../../../api/client';
import { Code } from '../item/Code';
import { frameOf, matchedBy, type Resolved } from './maps';

/** Asks where a frame leads, as an error's page would. */
export function TestFrame({ version: usual }: { version: string }): React.ReactElement {
  const [text, setText] = useState('');
  const [version, setVersion] = useState<string>();
  const [node, setNode] = useState(false);
  const [found, setFound] = useState<Resolved>();
  const [error, setError] = useState('');
  const frame = frameOf(text);
  const asked = version ?? usual;
  const test = (): void => {
    setError('');
    setFound(undefined);
    if (!frame) {
      setError('Paste a line of a stack trace: an address, a line and a column, as in https://shop.example/app.min.js:1:2034');
      return;
    }
    post<{ resolved: Resolved }>('errors/sourcemaps/test', { ...frame, version: asked.trim(), node }).then(
      (r) => setFound(r.resolved),
      (e: unknown) => setError(whyOf(e)),
    );
  };
  return (
    <section className="epart" aria-label="Test a frame">
      <header>
        <h2>Test a frame</h2>
      </header>
      <form
        className="mtest"
        onSubmit={(e) => {
          e.preventDefault();
          test();
        }}
      >
        <label className="grow">
          Line of a stack trace
          <input
            className="input mono"
            spellCheck={false}
            placeholder="at pay (https://shop.example/app.min.js:1:2034)"
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
        </label>
        <label>
          Version
          <input className="input mono" spellCheck={false} value={asked} onChange={(e) => setVersion(e.target.value)} />
        </label>
        <label>
          Columns count
          <select className="input" value={node ? 'node' : 'browser'} onChange={(e) => setNode(e.target.value === 'node')}>
            <option value="browser">from 1, in browsers</option>
            <option value="node">from 0, in Node</option>
          </select>
        </label>
        <button type="submit" className="btn">
          Test
        </button>
      </form>
      {error && (
        <p className="note bad" role="alert">
          {error}
        </p>
      )}
      {found && (
        <div role="status" className="mfound">
          {found.code === '' ? (
            <>
              <p>
                <b className="mono">
                  {found.file}:{found.line}
                </b>{' '}
                {found.method && <span className="mono">{found.method}</span>}{' '}
                <span className="muted">
                  column {found.column}; map of {found.map_url} ({found.version}), found by {matchedBy(found.match ?? '')}
                  {found.guessed && ', the one uploaded last, as no version was said'}
                </span>
              </p>
              {found.text ? (
                <Code of={{ line: found.line ?? 1, code: found.text, pre: found.pre ?? [], post: found.post ?? [] }} />
              ) : (
                <p className="muted">The map does not hold the text of this source: build it with sourcesContent to see the code.</p>
              )}
            </>
          ) : (
            <p>
              <b>It is not resolved.</b> {found.reason} <span className="muted">({found.code})</span>
            </p>
          )}
        </div>
      )}
    </section>
  );
}
