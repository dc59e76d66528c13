import './logs.css';

import { lazy, Suspense } from 'react';

import type { Start } from '../../api/types';
import { linkTo, useAddress } from '../../app/location';

const Search = lazy(() => import('./Search'));
const Tail = lazy(() => import('./Tail'));

const pages = [
  ['/logs', 'Search'],
  ['/logs/tail', 'Live tail'],
] as const;

/** Parameters that mean the same on the pages of Logs, so that a choice goes along. */
const kept = ['from', 'to', 'q', 'group', 'level', 'where'];

/** What was printed: looked for, followed, and where it is kept. */
export default function LogsPage({ path, start }: { path: string; start: Start | undefined }): React.ReactElement {
  const { searchParams } = useAddress();
  const along = new URLSearchParams([...searchParams].filter(([name]) => kept.includes(name))).toString();
  return (
    <div className="page logs-page">
      <nav className="lnav" aria-label="Logs">
        {pages.map(([to, name]) => (
          <a key={to} {...linkTo(along ? `${to}?${along}` : to)} aria-current={path === to ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <Suspense fallback={<div className="lbody" aria-busy="true" />}>
        {path === '/logs/tail' ? <Tail start={start} /> : <Search start={start} />}
      </Suspense>
    </div>
  );
}
