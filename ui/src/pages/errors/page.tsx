import './errors.css';

import type { Start } from '../../api/types';
import { later } from '../../app/later';
import { linkTo } from '../../app/location';

const waiting = <div className="ebody" aria-busy="true" />;
const List = later(() => import('./list/List'), waiting);

const Item = later(() => import('./item/Item'), waiting);

const FindError = later(() => import('./FindError'), waiting);
const Rql = later(() => import('./rql/Rql'), waiting);
const Rules = later(() => import('./intake/RulesPage'), waiting);
const RejectedPage = later(() => import('./intake/RejectedPage'), waiting);
const Notify = later(() => import('./notify/NotifyPage'), waiting);
const SourceMaps = later(() => import('./sourcemaps/SourceMapsPage'), waiting);
const Scrub = later(() => import('./intake/ScrubPage'), waiting);

const pages = [
  ['/errors', 'Items', List],
  ['/rql', 'RQL', Rql],
  ['/errors/rules', 'Grouping rules', Rules],
  ['/errors/notifications', 'Notifications', Notify],
  ['/errors/sourcemaps', 'Source maps', SourceMaps],
  ['/errors/rejected', 'Rejected payloads', RejectedPage],
  ['/errors/scrubbing', 'Scrubbing', Scrub],
] as const;

/** What is broken, since when, for whom. */
export default function ErrorsPage({ path, start }: { path: string; start: Start | undefined }): React.ReactElement {
  const at = path === '/errors/rql' || path === '/errors/rql/' ? '/rql' : path === '/errors/' ? '/errors' : path;
  const Shown = pages.find(([to]) => to === at)?.[2];
  return (
    <div className="page errors-page">
      <nav className="subnav" aria-label="Errors">
        {pages.map(([to, name]) => (
          <a key={to} {...linkTo(to)} aria-current={at === to || (to === '/errors' && /^\/errors\/\d/.test(path)) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      {/^\/errors\/find$|\/uuid\/?$/.test(path) ? (
        <FindError />
      ) : /^\/errors\/\d{1,18}(?:\/[^/]*)?\/?$/.test(path) ? (
        <Item key={path.split('/')[2]} path={path} />
      ) : Shown ? (
        <Shown start={start} />
      ) : (
        <Nowhere path={path} />
      )}
    </div>
  );
}

/** An address below Errors that is neither an item nor a page. */
function Nowhere({ path }: { path: string }): React.ReactElement {
  const word = path.split('/').pop() ?? '';
  return (
    <div className="ebody">
      <div className="empty">
        <h1>There is no such item</h1>
        <p>
          <code className="ewrap">{path}</code> is neither an item nor a page of Errors. Items have the number that stands in their address,
          as in <code>/errors/12</code>; <code>#12</code>, words of a title or an occurrence’s uuid can be searched for.
        </p>
        <p className="row wrap">
          <a className="btn primary" {...linkTo('/errors')}>
            To the items
          </a>
          {word !== '' && (
            <a className="btn" {...linkTo(`/errors?tab=all&q=${encodeURIComponent(word)}`)}>
              <span className="clip">Search all items for “{word.slice(0, 40)}”</span>
            </a>
          )}
        </p>
      </div>
    </div>
  );
}
