import './errors.css';

import { lazy, Suspense } from 'react';

import type { Start } from '../../api/types';
import { linkTo } from '../../app/location';

const List = lazy(() => import('./list/List'));

const Item = lazy(() => import('./item/Item'));

const FindError = lazy(() => import('./FindError'));
const Rql = lazy(() => import('./rql/Rql'));
const Rules = lazy(() => import('./intake/RulesPage'));
const RejectedPage = lazy(() => import('./intake/RejectedPage'));
const Scrub = lazy(() => import('./intake/ScrubPage'));

const pages = [
  ['/errors', 'Items', List],
  ['/rql', 'RQL', Rql],
  ['/errors/rules', 'Grouping rules', Rules],
  ['/errors/rejected', 'Rejected payloads', RejectedPage],
  ['/errors/scrubbing', 'Scrubbing', Scrub],
] as const;

/** What is broken, since when, for whom. */
export default function ErrorsPage({ path, start }: { path: string; start: Start | undefined }): React.ReactElement {
  const Shown = pages.find(([to]) => to === path)?.[2] ?? List;
  return (
    <div className="page errors-page">
      <nav className="subnav" aria-label="Errors">
        {pages.map(([to, name]) => (
          <a key={to} {...linkTo(to)} aria-current={path === to || (to === '/errors' && /^\/errors\/\d/.test(path)) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <Suspense fallback={<div className="ebody" aria-busy="true" />}>
        {/^\/errors\/find$|\/uuid\/?$/.test(path) ? (
          <FindError />
        ) : /^\/errors\/\d/.test(path) ? (
          <Item key={path.split('/')[2]} path={path} />
        ) : (
          <Shown start={start} />
        )}
      </Suspense>
    </div>
  );
}
