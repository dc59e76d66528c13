import { useRef, useState } from 'react';

import { ApiError, get } from '../api/client';
import type { Found, Start } from '../api/types';
import { useKeys } from './keys';
import { go, linkTo, useAddress } from './location';
import { setPrefs, usePrefs } from './prefs';

interface Props { start: Start | undefined; offline: boolean; children: React.ReactNode }

export function Shell({ start, offline, children }: Props): React.ReactElement {
  const url = useAddress();
  const prefs = usePrefs();
  useKeys('shell', { u: ['local time or UTC', () => setPrefs({ utc: !prefs.utc })] });
  const themes = { system: 'dark', dark: 'light', light: 'system' } as const;
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="head">
        <a className="brand" {...linkTo('/traces')}>
          <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="6.5" fill="none" stroke="var(--accent-fill)" strokeWidth="2" />
            <path d="M4 8h8M8 4v8" stroke="var(--pick)" strokeWidth="1.5" />
          </svg>
          Oriel
        </a>
        <nav aria-label="Pages">
          {[
            ['/traces', 'Traces'],
            ['/setup', 'Set-up'],
          ].map(([to, name]) => (
            <a key={to} {...linkTo(to!)} aria-current={url.pathname === to ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <Omnibox />
        <span className="grow" />
        {offline && (
          <span className="error-text" role="status">
            the server can’t be reached
          </span>
        )}
        {start && <span className="muted">{start.environment}</span>}
        <button type="button" className="btn small bare" onClick={() => setPrefs({ utc: !prefs.utc })} title="Local time or UTC (u)">
          {prefs.utc ? 'UTC' : 'Local time'}
        </button>
        <button type="button" className="btn small bare" onClick={() => setPrefs({ theme: themes[prefs.theme] })} title="Theme: system, dark, light">
          {prefs.theme === 'system' ? 'System' : prefs.theme === 'dark' ? 'Dark' : 'Light'}
        </button>
      </header>
      <main id="main">{children}</main>
    </div>
  );
}

/** Takes any id of a trace or a span, in any notation, or a link that holds one. */
function Omnibox(): React.ReactElement {
  const input = useRef<HTMLInputElement>(null);
  const [answer, setAnswer] = useState('');
  useKeys('omnibox', { 'Ctrl+k': ['find a trace or span by its id', () => input.current?.focus()] });
  const look = async (text: string): Promise<void> => {
    const id = /trace(?:_id=|\/)([\w-]{8,})/.exec(text)?.[1] ?? text.trim();
    if (!id) return;
    setAnswer('looking…');
    try {
      const { found } = await get<{ found: Found[] }>('find', { id });
      const first = found[0];
      if (!first) {
        setAnswer('no trace or span has this id');
        return;
      }
      setAnswer('');
      input.current!.value = '';
      go(`/trace/${first.trace_id}${first.span_id ? `?span=${first.span_id}` : ''}`);
    } catch (e) {
      setAnswer(e instanceof ApiError ? e.message : 'the server can’t be reached');
    }
  };
  return (
    <form
      className="omnibox"
      role="search"
      onSubmit={(e) => {
        e.preventDefault();
        void look(input.current!.value);
      }}
    >
      <input
        ref={input}
        className="input"
        aria-label="Find by id"
        placeholder="Paste a trace or span id  (Ctrl K)"
        onPaste={(e) => {
          const text = e.clipboardData.getData('text');
          if (/^[\w-]{16,60}$/.test(text.trim())) void look(text);
        }}
      />
      <span role="status" className="muted">
        {answer}
      </span>
    </form>
  );
}
