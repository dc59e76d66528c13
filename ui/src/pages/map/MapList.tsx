import { useState } from 'react';

import { percent, perSecond } from '../../charts/figures';
import { HealthRing } from '../../charts/HealthRing';
import { failed, type Graph } from './model';
import type { MapState } from './url';

interface Props {
  graph: Graph;
  seconds: number;
  state: MapState;
  around: number;
  set: (c: Partial<MapState>) => void;
}

const mostListed = 200;

/** All nodes of a large map, the busiest first: the one that is chosen is what the map is drawn around. */
export function MapList({ graph, seconds, state, around, set }: Props): React.ReactElement {
  const [term, setTerm] = useState('');
  const wanted = term.toLowerCase();
  const all = graph.nodes.filter((n) => n.kind !== 'client' && n.name.toLowerCase().includes(wanted)).sort((a, b) => b.count - a.count);
  return (
    <section className="map-list" aria-label="All nodes">
      <input
        className="input"
        aria-label="Search all nodes"
        placeholder={`Search ${graph.nodes.length} nodes`}
        value={term}
        spellCheck={false}
        onChange={(e) => setTerm(e.target.value)}
      />
      <ul>
        {all.slice(0, mostListed).map((n) => (
          <li key={n.id}>
            <button
              type="button"
              aria-current={!state.all && graph.nodes[around]?.id === n.id ? 'true' : undefined}
              title={n.name}
              onClick={() => set({ around: n.id, all: false, node: n.id, edge: undefined })}
            >
              <HealthRing health={n} />
              <span className="clip grow">{n.name}</span>
              {failed(n) > 0 && <span className="error-text">{percent(failed(n), n.count)}</span>}
              <span className="muted">{perSecond(n.count, seconds)}</span>
            </button>
          </li>
        ))}
      </ul>
      {all.length > mostListed && (
        <p className="muted">
          The busiest {mostListed} of {all.length}; search for others.
        </p>
      )}
    </section>
  );
}
