import type { Start } from '../api/types';
import { CopyButton } from '../widgets/CopyButton';
import { Menu } from '../widgets/Menu';
import { Toasts } from '../widgets/Toasts';
import { ConnectionBar } from './ConnectionBar';
import { Glyph, type GlyphName } from './Glyph';
import { useKeys } from './keys';
import { linkTo, setParams, useAddress } from './location';
import { Omnibox } from './palette/Omnibox';
import { TimeRail } from './timerail/TimeRail';
import { lastList } from './recent';
import { SampleChip } from './SampleData';
import { offset, setPrefs, usePrefs, type Prefs } from './prefs';

interface Props {
  start: Start | undefined;
  onKeys: () => void;
  children: React.ReactNode;
}

const pages: { to: string; name: string; glyph: GlyphName; keys: string }[] = [
  { to: '/', name: 'Home', glyph: 'home', keys: 'g h' },
  { to: '/query', name: 'Query', glyph: 'query', keys: 'g q' },
  { to: '/traces', name: 'Traces', glyph: 'traces', keys: 'g t' },
  { to: '/map', name: 'Map', glyph: 'map', keys: 'g m' },
  { to: '/logs', name: 'Logs', glyph: 'logs', keys: 'g l' },
  { to: '/errors', name: 'Errors', glyph: 'errors', keys: 'g e' },
  { to: '/setup', name: 'Set-up', glyph: 'setup', keys: 'g s' },
  { to: '/settings/sampling', name: 'Sampling', glyph: 'sampling', keys: 'g p' },
];

/** What the header calls a page that is not in the list, or is but a part of one that is. */
function titleOf(path: string): string {
  if (path.startsWith('/trace/')) return 'Trace';
  if (path.startsWith('/service/')) return 'Service';
  if (path.startsWith('/settings/')) return 'Settings';
  return pages.find((p) => p.to === pageOf(path))?.name ?? 'Oriel';
}

/** The page in the list that an address belongs to. */
function pageOf(path: string): string {
  if (path.startsWith('/trace/')) return '/traces';
  if (path.startsWith('/logs/')) return '/logs';
  if (path.startsWith('/errors/') || path === '/rql') return '/errors';
  if (path.startsWith('/service/')) return '/map';
  if (path === '/settings/doctor') return '/setup';
  return /^\/(query|r)\//.test(path) ? '/query' : path;
}

/** What every page has around it: pages to the left, the header above. */
export function Shell({ start, onKeys, children }: Props): React.ReactElement {
  const url = useAddress();
  const prefs = usePrefs();
  const path = pageOf(url.pathname);
  useKeys('Settings', {
    u: ['local time or UTC', () => setPrefs({ utc: !prefs.utc })],
    s: ['copy the link to what is shown', () => document.querySelector<HTMLButtonElement>('.head .share')?.click()],
    '\\': ['wide or narrow list of pages', () => setPrefs({ wideNav: !prefs.wideNav })],
  });
  return (
    <div className={prefs.wideNav ? 'shell wide' : 'shell'}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <nav className="side" aria-label="Pages">
        <a className="brand" {...linkTo('/')} aria-label="Oriel">
          <Glyph name="oriel" />
        </a>
        {pages.map((p) => (
          <a
            key={p.to}
            {...linkTo(p.to === '/traces' && url.pathname !== '/traces' ? lastList() : keepRange(p.to, url.searchParams))}
            aria-current={path === p.to ? 'page' : undefined}
            title={`${p.name} (${p.keys})`}
          >
            <Glyph name={p.glyph} />
            <span>{p.name}</span>
          </a>
        ))}
        <span className="grow" />
        <button type="button" onClick={onKeys} title="Keys (?)">
          <Glyph name="keys" />
          <span>Keys</span>
        </button>
        <ThemeMenu theme={prefs.theme} />
      </nav>
      <header className="head">
        <b className="title">{titleOf(url.pathname)}</b>
        <Omnibox pages={pages} services={start?.services ?? []} environments={start?.environments ?? []} />
        <span className="grow" />
        {start && <SampleChip start={start} />}
        {start && <Environment start={start} />}
        <button type="button" className="btn small bare" onClick={() => setPrefs({ utc: !prefs.utc })} title="Local time or UTC (u)">
          {offset(prefs.utc)}
        </button>
        <CopyButton className="btn small bare share" label="Share" title="Copy the link to what is shown (s)" text={() => location.href} />
      </header>
      <main id="main" tabIndex={-1}>
        <ConnectionBar />
        {!start && isAboutTime(url.pathname) && <div className="timerail" />}
        {start?.has_data && isAboutTime(url.pathname) && (
          <TimeRail
            range={{ from: url.searchParams.get('from') ?? usualRange.from, to: url.searchParams.get('to') ?? usualRange.to }}
            env={start.environment}
          />
        )}
        {children}
      </main>
      <Toasts />
    </div>
  );
}

/** What pages about time show when their address doesn't say. */
const usualRange = { from: 'now-1h', to: 'now' };

function isAboutTime(path: string): boolean {
  return (
    path === '/' ||
    path === '/traces' ||
    path === '/map' ||
    path.startsWith('/service/') ||
    /^\/logs(?:\/(?:insights|patterns))?$/.test(path) ||
    /^\/query(?:\/|$)/.test(path)
  );
}

/** Pages about time open with the range that is shown. */
function keepRange(to: string, shown: URLSearchParams): string {
  const [from, until] = [shown.get('from'), shown.get('to')];
  if (to === '/setup' || to === '/errors' || to.startsWith('/settings/') || !from || !until) return to;
  return `${to}?from=${encodeURIComponent(from)}&to=${encodeURIComponent(until)}`;
}

function Environment({ start }: { start: Start }): React.ReactElement {
  if (start.environments.length < 2) return <span className="muted">{start.environment}</span>;
  return (
    <select className="input small" aria-label="Environment" value={start.environment} onChange={(e) => setParams({ env: e.target.value })}>
      {start.environments.map((e) => (
        <option key={e.slug} value={e.slug}>
          {e.name || e.slug}
        </option>
      ))}
    </select>
  );
}

const themes: [Prefs['theme'], string][] = [
  ['system', 'As the system'],
  ['dark', 'Dark'],
  ['light', 'Light'],
];

function ThemeMenu({ theme }: { theme: Prefs['theme'] }): React.ReactElement {
  return (
    <Menu
      name="Theme"
      title="Theme"
      label={
        <>
          <Glyph name="theme" />
          <span aria-hidden="true">Theme</span>
        </>
      }
      items={themes.map(([id, label]) => ({ label, checked: theme === id, run: () => setPrefs({ theme: id }) }))}
    />
  );
}
