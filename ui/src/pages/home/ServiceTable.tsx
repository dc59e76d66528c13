import { memo, useCallback, useMemo } from 'react';

import type { Home, HomeService } from '../../api/home';
import { linkTo } from '../../app/location';
import { Canvas } from '../../charts/Canvas';
import { ms, percent, perSecond } from '../../charts/figures';
import { HealthRing } from '../../charts/HealthRing';
import { drawSparks } from '../../charts/spark';
import type { Theme } from '../../charts/theme';
import { useSize } from '../../charts/useSize';
import { slotStyle } from '../../charts/slotStyle';
import { errorsWith, servicePage } from '../../query/links';
import { ago, clock, count, day, momentMs } from '../../time/format';
import type { Range } from '../../time/range';
import { Middle } from '../../widgets/Middle';
import { VirtualList, type ListChange, type ListHandle } from '../../widgets/VirtualList';
import { aroundMoment, tracesOf } from './lead';
import { columnsIn, failed, sparksOf, template, ticksOf, type Column, type HomeState, type SortKey } from './rows';

interface Props {
  rows: HomeService[];
  home: Home;
  state: HomeState;
  set: (c: Partial<HomeState>, replace?: boolean) => void;
  range: Range;
  focused: string;
  onFocus: (name: string) => void;
  /** The pointer is over the rows: they stay where they are. */
  onRead: (reading: boolean) => void;
  handle: React.Ref<ListHandle>;
  field: React.RefObject<HTMLInputElement | null>;
  utc: boolean;
}

const rowHeight = 32;
const headHeight = 28;
const padding = 24; // of a row, both sides
const unmoved: ListChange = { version: 0, before: 0, after: 0, fresh: true };

/** All services, a row each: how many requests, how many failed, how long they took. */
export function ServiceTable(props: Props): React.ReactElement {
  const { rows, home, state, set, range, focused, onFocus, onRead, handle, field, utc } = props;
  const [box, size] = useSize<HTMLDivElement>();
  const width = Math.max(size.width - padding, 0);
  const columns = useMemo(() => columnsIn(width), [width]);
  const sort = (key: SortKey): void => set({ sort: key, up: state.sort === key ? !state.up : key === 'name' });
  const grid = { gridTemplateColumns: template(columns) };
  const hidden = home.services.length - rows.length;
  return (
    <section className="panel services" aria-label="Services">
      <div className="row services-head">
        <h2>Services</h2>
        <span className="muted" role="status">
          {hidden > 0 ? `${count(rows.length)} of ${count(home.services.length)}` : count(rows.length)}
          {home.left_out > 0 && `, ${count(home.left_out)} more are less busy`}
        </span>
        <span className="grow" />
        {state.compare && <span className="muted">grey: the same time {state.compare === 'day' ? 'yesterday' : 'last week'}</span>}
        <input
          ref={field}
          className="input small"
          type="search"
          aria-label="Find a service"
          placeholder="Find a service"
          value={state.q}
          onChange={(e) => set({ q: e.target.value }, true)}
          onKeyDown={(e) => {
            if (e.key !== 'Escape' && e.key !== 'Enter') return;
            e.preventDefault(); // Escape would empty the field
            e.currentTarget.blur();
          }}
        />
      </div>
      <div ref={box} className="services-box" style={{ flexBasis: headHeight + Math.max(rows.length, 1) * rowHeight + 1 }}>
        {rows.length === 0 ? (
          <p className="none muted">
            No service is called so.{' '}
            <button type="button" className="link accent" onClick={() => set({ q: '' })}>
              Show all {count(home.services.length)}
            </button>
          </p>
        ) : (
          <VirtualList
            handle={handle}
            className="services-list"
            count={rows.length}
            change={{ ...unmoved, version: rows.length }}
            rowHeight={rowHeight}
            measured={false}
            look=""
            keyOf={(i) => rows[i]!.name}
            headerHeight={headHeight}
            header={
              <div role="rowgroup" className="services-columns">
                <div role="row" className="service-row" style={grid}>
                  <Head id="name" title="Service" about="" state={state} onSort={sort} />
                  {columns.map((c) => (
                    <Head key={c.key} id={c.key} title={c.title} about={c.about} column={c} state={state} onSort={sort} />
                  ))}
                </div>
              </div>
            }
            grid={{ role: 'grid', 'aria-label': 'Services', 'aria-rowcount': rows.length + 1 }}
            attributes={{
              tabIndex: 0,
              onMouseEnter: () => onRead(true),
              onMouseLeave: () => onRead(false),
              onClick: (e) => {
                const row = (e.target as HTMLElement).closest<HTMLElement>('.vrow');
                if (row) onFocus(rows[Number(row.dataset.index)]?.name ?? '');
              },
            }}
            render={(i) => (
              <Row
                service={rows[i]!}
                place={i}
                home={home}
                columns={columns}
                width={width}
                range={range}
                focused={rows[i]!.name === focused}
                utc={utc}
              />
            )}
          />
        )}
      </div>
    </section>
  );
}

interface HeadProps {
  id: SortKey;
  title: string;
  about: string;
  column?: Column;
  state: HomeState;
  onSort: (key: SortKey) => void;
}

function Head({ id, title, about, column, state, onSort }: HeadProps): React.ReactElement {
  const on = state.sort === id;
  const text = id === 'name' || id === 'deploy';
  return (
    <span
      role="columnheader"
      className={text ? '' : 'num'}
      style={column && { paddingRight: column.spark }}
      aria-sort={on ? (state.up ? 'ascending' : 'descending') : 'none'}
    >
      <button type="button" title={about || undefined} onClick={() => onSort(id)}>
        {title}
        {on ? (state.up ? ' ↑' : ' ↓') : ''}
      </button>
    </span>
  );
}

interface RowProps {
  service: HomeService;
  place: number;
  home: Home;
  columns: Column[];
  width: number;
  range: Range;
  focused: boolean;
  utc: boolean;
}

const Row = memo(function Row({ service: s, place, home, columns, width, range, focused, utc }: RowProps): React.ReactElement {
  const total = home.points * home.step;
  const elapsed = Number(BigInt(home.to) - BigInt(home.base));
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      const last = (elapsed - (home.points - 1) * home.step) / home.step;
      drawSparks(ctx, theme, sparksOf(s, columns, width, last), ticksOf(s.name, home.deploys, home.base, total), rowHeight);
    },
    [s, columns, width, home, elapsed, total],
  );
  const bad = failed(s);
  const seconds = Math.max(elapsed / 1e9, 1);
  const cell = (c: Column): React.ReactNode => {
    switch (c.key) {
      case 'rate':
        return <a {...linkTo(tracesOf(s.name, '', range))}>{perSecond(s.count, seconds)}</a>;
      case 'failed':
        return (
          <a
            className={s.faults > 0 ? 'error-text' : bad > 0 ? '' : 'muted'}
            title={`5xx ${percent(s.faults, s.count)} · 429 ${percent(s.throttles, s.count)} · 4xx ${percent(s.errors, s.count)}`}
            {...linkTo(
              tracesOf(s.name, '', range, s.faults > 0 ? 'failing' : s.throttles > 0 ? 'throttling' : bad > 0 ? 'refusing' : undefined),
            )}
          >
            {s.count > 0 ? percent(bad, s.count) : '–'}
          </a>
        );
      case 'errors':
        return s.open_errors > 0 ? (
          <a {...linkTo(errorsWith('service', s.name))}>{count(s.open_errors)}</a>
        ) : (
          <span className="muted">0</span>
        );
      case 'deploy':
        return s.deploy && <LastDeploy home={home} service={s} utc={utc} />;
      case 'name':
        return null;
      default:
        return <a {...linkTo(`${tracesOf(s.name, '', range, 'slow')}`)}>{ms(s[`${c.key}_ms`])}</a>;
    }
  };
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-selected={focused}
      className={focused ? 'service-row focused' : 'service-row'}
      style={{ gridTemplateColumns: template(columns) }}
    >
      <span role="gridcell" className="service-name">
        <HealthRing health={s} size={16} />
        <span className="service clip" style={slotStyle(s.slot)}>
          <a className="clip" title={s.name} {...linkTo(servicePage(s.name, range))}>
            <Middle text={s.name} />
          </a>
        </span>
      </span>
      {columns.map((c) => (
        <span key={c.key} role="gridcell" className={c.key === 'deploy' ? 'clip' : 'num'} style={{ paddingRight: c.spark }}>
          {cell(c)}
        </span>
      ))}
      <span role="gridcell" className="service-sparks">
        <Canvas width={width} height={rowHeight} label={wordsOf(s, seconds)} draw={draw} />
      </span>
    </div>
  );
});

function LastDeploy({ home, service: s, utc }: { home: Home; service: HomeService; utc: boolean }): React.ReactElement {
  const d = s.deploy!;
  const at = momentMs(d.at);
  const by = d.by && ` by ${d.by}`;
  return (
    <a
      title={`${day(at, utc)} ${clock(at, utc)}${by}${d.comment && `: ${d.comment}`}`}
      {...linkTo(servicePage(s.name, aroundMoment(d.at, home.to)))}
    >
      {d.version} <span className="muted">{ago(momentMs(home.to) - at)}</span>
    </a>
  );
}

/** What the small charts of a row say, in words. */
function wordsOf(s: HomeService, seconds: number): string {
  const parts = [`${perSecond(s.count, seconds)} requests`, `${percent(failed(s), s.count)} failed`, `p95 ${ms(s.p95_ms)}`];
  if (s.before)
    parts.push(`before: ${perSecond(s.before.count, seconds)}, ${percent(failed(s.before), s.before.count)}, ${ms(s.before.p95_ms)}`);
  return `${s.name} over time: ${parts.join(', ')}`;
}
