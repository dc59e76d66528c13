import { Component, useEffect, useMemo, useState } from 'react';

import { get } from '../api/client';
import type { Start } from '../api/types';
import { useLoad } from '../api/useLoad';
import { fromHoneycomb, inOurs } from './foreign';
import { KeysSheet, useKeys } from './keys';
import { later, type Later } from './later';
import { go, known, linkTo, setParams, useAddress } from './location';
import { learn } from './longAddress';
import { RetainedProvider, retainedOf } from './retained';
import { Shell } from './Shell';
import { SignIn } from './SignIn';

const waiting = <div className="page" aria-busy="true" />;
const Home = styled('home', () => import('../pages/home/page'));
const Traces = styled('traces', () => import('../pages/traces/page'));
const Trace = styled('trace', () => import('../pages/trace/page'));
const Query = styled('query', () => import('../pages/query/page'));
const Logs = styled('logs', () => import('../pages/logs/page'));
const Errors = styled('errors', () => import('../pages/errors/page'));
const Service = styled('service', () => import('../pages/service/page'));
const MapPage = styled('map', () => import('../pages/map/page'));
const Setup = styled('setup', () => import('../pages/setup/page'));
const Settings = styled('settings', () => import('../pages/settings/page'));
const DoctorPage = styled('settings', () => import('../pages/settings/DoctorPage'));

/** A page that is loaded when it is opened, within what its folder's styles are bound to: those of pages seen before stay in the document. */
function styled<P extends object>(room: string, load: () => Promise<{ default: (props: P) => React.ReactElement }>): Later<P> {
  return later(async () => {
    const { default: Page } = await load();
    const Styled = (props: P): React.ReactElement => (
      <div className="contents" data-page={room}>
        <Page {...props} />
      </div>
    );
    return { default: Styled };
  }, waiting);
}

export function App(): React.ReactElement {
  const [signedIn, setSignedIn] = useState(0);
  const url = useAddress();
  const asked = `${signedIn} ${url.searchParams.get('env') ?? ''} ${url.pathname === '/'}`;
  const start = useLoad(`start ${asked}`, async (signal) => ({ ...(await get<Start>('start', {}, signal)), asked, at: Date.now() }));
  const { data } = start;
  const retained = useMemo(() => retainedOf({ kept_from: data?.kept_from, first: data?.first_event }, data?.at ?? 0), [data]);
  const [sheet, setSheet] = useState(false);
  useKeys('Everywhere', {
    '?': ['show the keys', () => setSheet((s) => !s)],
    'g h': ['go to Home', () => go('/')],
    'g t': ['go to Traces', () => go('/traces')],
    'g m': ['go to Map', () => go('/map')],
    'g q': ['go to Query', () => go('/query')],
    'g l': ['go to Logs', () => go('/logs')],
    'g e': ['go to Errors', () => go('/errors')],
    'g s': ['go to Set-up', () => go('/setup')],
    'g p': ['go to Settings › Sampling', () => go('/settings/sampling')],
    'g i': ['go to Settings › Ingest doctor', () => go('/settings/doctor')],
  });
  useEffect(() => {
    // The answer of before, about another environment or a while ago, stays until the next has come.
    if (url.pathname === '/' && start.data?.asked === asked && !start.data.has_data) go('/setup', true);
  }, [url.pathname, start.data, asked]);
  useEffect(() => {
    if (!start.data) return;
    const { environment, sample } = start.data;
    const named = url.searchParams.get('env');
    // Set-up is about what is real; elsewhere sample data is shown where there is nothing else.
    if (url.pathname === '/setup') {
      if (named === sample.environment) setParams({ env: undefined }, true);
    } else if (!named && environment === sample.environment) {
      setParams({ env: environment }, true);
    }
  }, [url.pathname, url.searchParams, start.data]);
  const theirs = fromHoneycomb(url.pathname, url.searchParams);
  useEffect(() => {
    if (!theirs || !start.data) return;
    go(inOurs(theirs, start.data.environments), true);
  }, [theirs, start.data]);
  if (start.error?.status === 401) return <SignIn onDone={() => setSignedIn((n) => n + 1)} />;
  return (
    <Shell start={start.data} onKeys={() => setSheet(true)}>
      <Boundary key={pageKey(url.pathname)}>
        <RetainedProvider value={retained}>
          {url.searchParams.has('s') ? <Kept id={url.searchParams.get('s')!} path={url.pathname} /> : page(url, start.data)}
        </RetainedProvider>
      </Boundary>
      {sheet && <KeysSheet onClose={() => setSheet(false)} />}
    </Shell>
  );
}

/** Waits for what the server keeps of a long address. */
function Kept({ id, path }: { id: string; path: string }): React.ReactElement {
  const { error } = useLoad(`address ${id}`, async (signal) => {
    await learn(id, signal);
    known();
  });
  if (!error) return waiting;
  return (
    <div className="page">
      <h1>{error.status === 404 ? 'What this link shows is not kept any more' : 'The link can’t be opened'}</h1>
      <p>
        {error.message}. You can <a {...linkTo(path)}>begin anew</a>.
      </p>
    </div>
  );
}

/** Addresses of one page share its key, so that it stays mounted from one to the next. */
function pageKey(path: string): string {
  if (/^\/logs(\/|$)/.test(path)) return '/logs';
  if (/^\/(errors(\/|$)|rql$|(item|occurrence|instance)\/uuid\/?$)/.test(path)) return '/errors';
  return /^\/(query|r)(\/[^/]+)?$/.test(path) ? '/query' : path;
}

/** Asks for the code of the page at an address, while the shell is still to be drawn. */
export function preload(path: string): void {
  const key = pageKey(path);
  const code = { '/': Home, '/traces': Traces, '/query': Query, '/logs': Logs, '/errors': Errors, '/map': MapPage, '/setup': Setup }[key];
  if (code) code.preload();
  else if (key.startsWith('/trace/')) Trace.preload();
  else if (key.startsWith('/service/')) Service.preload();
}

function page(url: URL, start: Start | undefined): React.ReactElement {
  if (url.pathname === '/' && start?.has_data) return <Home start={start} />;
  const trace = /^\/trace\/([\w-]+)$/.exec(url.pathname);
  if (trace) return <Trace id={trace[1]!} />;
  if (url.pathname === '/traces') return <Traces start={start} />;
  if (pageKey(url.pathname) === '/query') return <Query path={url.pathname} start={start} />;
  if (pageKey(url.pathname) === '/logs') return <Logs path={url.pathname} start={start} />;
  if (pageKey(url.pathname) === '/errors') return <Errors path={url.pathname} start={start} />;
  const service = /^\/service\/([^/]+)$/.exec(url.pathname);
  if (service) return <Service key={url.pathname} name={decoded(service[1]!)} start={start} />;
  if (url.pathname === '/map') return <MapPage start={start} />;
  if (url.pathname === '/setup') return <Setup />;
  if (url.pathname === '/settings/sampling') return <Settings />;
  if (url.pathname === '/settings/notifications') return <Moved to="/errors/notifications" />;
  if (url.pathname === '/settings/sourcemaps') return <Moved to="/errors/sourcemaps" />;
  if (url.pathname === '/settings/doctor') return <DoctorPage />;
  if (url.pathname === '/' || fromHoneycomb(url.pathname, url.searchParams)) return waiting;
  return (
    <div className="page">
      <h1>Nothing is here</h1>
      <p>
        There is no page at <code>{url.pathname}</code>. Perhaps you want <a {...linkTo('/')}>Home</a>.
      </p>
    </div>
  );
}

/** Another address of a page. */
function Moved({ to }: { to: string }): React.ReactElement {
  useEffect(() => go(to, true), [to]);
  return waiting;
}

/** Part of a path as it was meant; what was never encoded stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Contains a page that failed, so that the rest lives on. */
class Boundary extends Component<{ children: React.ReactNode }, { error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };
  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }
  override render(): React.ReactNode {
    if (!this.state.error) return this.props.children;
    return (
      <div className="page">
        <h1>This page failed</h1>
        <p className="note bad">{this.state.error.message}</p>
        <button type="button" className="btn" onClick={() => this.setState({ error: undefined })}>
          Try again
        </button>
      </div>
    );
  }
}
