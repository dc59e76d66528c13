import { Menu } from '../../widgets/Menu';
import type { Metric } from './drawable';
import { comparisons, sizes, type MapState } from './url';

interface Props {
  state: MapState;
  set: (c: Partial<MapState>, replace?: boolean) => void;
  field: React.RefObject<HTMLInputElement | null>;
  groups: string[];
  matches: number | undefined;
  onNext: (by: 1 | -1) => void;
  metric: Metric;
  onMetric: (m: Metric) => void;
  many: boolean;
  hops: number;
  onAnew: () => void;
  onFit: () => void;
  onZoom: (factor: number) => void;
}

const compareWords: Record<MapState['compare'], string> = {
  '': 'nothing',
  previous: 'the period before',
  day: 'the day before',
  week: 'the week before',
};
const metricWords: Record<Metric, string> = { rate: 'Requests', errors: 'Error share', p95: 'p95' };
const errorSteps = [0, 0.1, 1, 5, 10];
const rateSteps = [0, 0.1, 1, 10, 100];

/** What is looked for, filtered, compared and folded. */
export function MapTools(p: Props): React.ReactElement {
  const { state, set } = p;
  const filters = (state.minErrors > 0 ? 1 : 0) + (state.minRate > 0 ? 1 : 0);
  return (
    <div className="map-tools row" role="toolbar" aria-label="Map">
      <div className="map-find" role="search">
        <input
          ref={p.field}
          className="input"
          aria-label="Find a node"
          placeholder="Find a node      press /"
          value={state.find}
          spellCheck={false}
          onChange={(e) => set({ find: e.target.value }, true)}
          onKeyDown={(e) => {
            if (e.key === 'Enter') p.onNext(e.shiftKey ? -1 : 1);
            else if (e.key === 'Escape') e.currentTarget.blur();
          }}
        />
        {p.matches !== undefined && <span className="muted">{p.matches === 1 ? '1 match' : `${p.matches} matches`}</span>}
      </div>
      <Menu
        className="btn small"
        name="Filters"
        label={filters > 0 ? `Filters ${filters}` : 'Filters'}
        keepOpen
        items={[
          { label: 'Failed calls', head: true, run: () => undefined },
          ...errorSteps.map((v) => ({
            label: v === 0 ? 'any' : `at least ${v} %`,
            checked: state.minErrors === v,
            run: () => set({ minErrors: v }),
          })),
          { label: 'Traffic', head: true, run: () => undefined },
          ...rateSteps.map((v) => ({
            label: v === 0 ? 'any rate' : `at least ${v}/s`,
            checked: state.minRate === v,
            run: () => set({ minRate: v }),
          })),
        ]}
      />
      {p.groups.length > 0 && (
        <Menu
          className="btn small"
          name="Fold groups"
          label={state.folded.length > 0 ? `Groups ${state.folded.length} folded` : 'Groups'}
          keepOpen
          items={[
            { label: 'Fold all', run: () => set({ folded: p.groups }) },
            { label: 'Unfold all', run: () => set({ folded: [] }) },
            { label: 'Folded', head: true, run: () => undefined },
            ...p.groups.map((g) => ({
              label: g,
              checked: state.folded.includes(g),
              run: () => set({ folded: state.folded.includes(g) ? state.folded.filter((x) => x !== g) : [...state.folded, g] }),
            })),
          ]}
        />
      )}
      <Menu
        className="btn small"
        name="Size of nodes"
        label={state.size === 'none' ? 'Size' : `Size by ${state.size}`}
        items={sizes.map((s) => ({
          label: s === 'none' ? 'All the same' : `By ${s}`,
          checked: state.size === s,
          run: () => set({ size: s }),
        }))}
      />
      <Menu
        className="btn small"
        name="Compare"
        label={state.compare ? `Against ${compareWords[state.compare]}` : 'Compare'}
        keepOpen
        items={[
          { label: 'Against', head: true, run: () => undefined },
          ...comparisons.map((c) => ({ label: compareWords[c], checked: state.compare === c, run: () => set({ compare: c }) })),
          { label: 'Change of', head: true, run: () => undefined },
          ...(Object.keys(metricWords) as Metric[]).map((m) => ({
            label: metricWords[m],
            checked: p.metric === m,
            run: () => p.onMetric(m),
          })),
        ]}
      />
      {p.many && (
        <Menu
          className="btn small"
          name="How much is shown"
          label={state.all ? 'All nodes' : `${p.hops} ${p.hops === 1 ? 'hop' : 'hops'}`}
          items={[
            ...[1, 2, 3].map((h) => ({
              label: h === 1 ? '1 hop around the node' : `${h} hops around the node`,
              checked: !state.all && p.hops === h,
              run: () => set({ hops: h, all: false }),
            })),
            { label: 'All nodes', checked: state.all, run: () => set({ all: true }) },
          ]}
        />
      )}
      <div className="views">
        <button type="button" className="btn small" aria-pressed={state.view === 'map'} onClick={() => set({ view: 'map' })}>
          Map
        </button>
        <button type="button" className="btn small" aria-pressed={state.view === 'table'} title="v" onClick={() => set({ view: 'table' })}>
          Table
        </button>
      </div>
      {state.view === 'map' && (
        <div className="views">
          <button type="button" className="btn small" aria-label="Zoom in" title="Zoom in (w)" onClick={() => p.onZoom(1.25)}>
            +
          </button>
          <button type="button" className="btn small" aria-label="Zoom out" title="Zoom out (z)" onClick={() => p.onZoom(0.8)}>
            −
          </button>
          <button type="button" className="btn small" title="Show all of it (0)" onClick={p.onFit}>
            Fit
          </button>
          <button type="button" className="btn small" title="Forget where nodes were put, and lay out anew" onClick={p.onAnew}>
            Lay out
          </button>
        </div>
      )}
    </div>
  );
}
