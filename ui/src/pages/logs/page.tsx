import './logs.css';
import './lines.css';
import './side.css';
import './panel.css';
import './groups.css';

import type { Start } from '../../api/types';
import { later } from '../../app/later';
import { linkTo, useAddress } from '../../app/location';

const waiting = <div className="lbody" aria-busy="true" />;
const Search = later(() => import('./Search'), waiting);
const Insights = later(() => import('./insights/Insights'), waiting);
const Patterns = later(() => import('./patterns/Patterns'), waiting);
const Tail = later(() => import('./Tail'), waiting);
const Groups = later(() => import('./Groups'), waiting);

const pages = [
  ['/logs', 'Search', Search],
  ['/logs/insights', 'Insights', Insights],
  ['/logs/patterns', 'Patterns', Patterns],
  ['/logs/tail', 'Live tail', Tail],
  ['/logs/groups', 'Groups', Groups],
] as const;

/** Parameters that mean the same on the pages of Logs, so that a choice goes along. */
const kept = ['from', 'to', 'q', 'group', 'level', 'where'];

/** What was printed: looked for, followed, and where it is kept. */
export default function LogsPage({ path, start }: { path: string; start: Start | undefined }): React.ReactElement {
  const { searchParams } = useAddress();
  const along = new URLSearchParams([...searchParams].filter(([name]) => kept.includes(name))).toString();
  const Shown = pages.find(([to]) => to === path)?.[2] ?? Search;
  return (
    <div className="page logs-page">
      <nav className="subnav" aria-label="Logs">
        {pages.map(([to, name]) => (
          <a key={to} {...linkTo(along && to !== '/logs/groups' ? `${to}?${along}` : to)} aria-current={path === to ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <Shown start={start} />
    </div>
  );
}
