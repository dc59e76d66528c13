import { useLayoutEffect, useRef, useState } from 'react';

import { whyOf } from '../../../api/client';
import { setParams } from '../../../app/location';
import type { Question } from '../../../query/question';
import { safeLink } from '../../../query/markers';
import { MenuList, type MenuItem } from '../../../widgets/Menu';
import { sayBad } from '../../../widgets/Toasts';
import type { Cell } from '../../../query/cell';
import { openExample } from '../example';
import type { Answer } from '../result';
import { encodeView } from '../url';
import { pickTerm } from '../useValueActions';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { afterRelease, within } from '../usePick';
import type { OwnMarker } from '../useMarkers';
import type { Marker } from '../../../charts/markers';
import type { PickedPoint } from './Charts';
import type { Marking } from './MarkDialog';

interface Props {
  dataset: string;
  point: PickedPoint;
  answer: Answer;
  question: Question;
  actions: ValueActions;
  onZoom: (from: number, to: number) => void;
  /** Deploys and releases on the charts, and what is stored of those that somebody told of. */
  markers: readonly Marker[];
  stored: readonly OwnMarker[];
  /** Makes a marker at a moment, or changes one. */
  onMark: ((what: Marking) => void) | undefined;
  onClose: () => void;
}

/** What can be done with a point of a chart: its trace, its group, its moment. */
export function PointMenu({
  dataset,
  point,
  answer,
  question,
  actions,
  markers,
  stored,
  onZoom,
  onMark,
  onClose,
}: Props): React.ReactElement {
  const anchor = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState(false);
  useLayoutEffect(() => setReady(true), []);
  const key = point.id === undefined ? undefined : (JSON.parse(point.id) as Cell[]);
  const group = key ? question.by.map((field, i) => [field, key[i] ?? null] as const) : [];
  // As far as the tip tells of them.
  const half = (point.to - point.from) / 2;
  const near = markers.filter((m) => m.from < point.to + half && m.to >= point.from - half);
  const base = BigInt(answer.result.start);
  const trace = async (): Promise<void> => {
    try {
      await openExample(dataset, question, answer, {
        from: String(base + BigInt(Math.floor(point.from))),
        to: String(base + BigInt(Math.ceil(point.to))),
        by: /^COUNT/.test(point.op) ? undefined : point.column,
        smallest: point.op === 'MIN',
        terms: [
          ...group.map(([field, value]) => pickTerm(field, value)),
          ...(point.bounds && point.column !== undefined ? within(point.column, point.bounds) : []),
        ],
      });
    } catch (e) {
      sayBad(whyOf(e));
    }
  };
  const itemsOf = (m: Marker): MenuItem[] => {
    const known = stored.find((s) => s.id === m.id);
    const link = safeLink(known?.url);
    return [
      { label: m.label, run: () => undefined, head: true },
      { label: `BubbleUp: after ${m.label} against before`, run: () => setParams(encodeView(afterRelease(answer, m))) },
      ...(link ? [{ label: `Open the link of ${m.label}`, run: () => void window.open(link, '_blank', 'noopener,noreferrer') }] : []),
      ...(known && onMark ? [{ label: `Change or delete ${m.label}`, run: () => onMark({ of: known }) }] : []),
    ];
  };
  const items: MenuItem[] = [
    // Where nothing was counted there is no trace to see.
    ...(point.id === undefined && point.op !== 'HEATMAP' ? [] : [{ label: traceWords(point), run: () => void trace() }]),
    ...(onMark ? [{ label: 'Add a marker here', run: () => onMark({ at: base + BigInt(Math.floor(point.from)) }) }] : []),
    { label: 'Zoom to this moment', run: () => onZoom(point.from - 2 * (point.to - point.from), point.to + 2 * (point.to - point.from)) },
    ...(group.length > 0
      ? [
          {
            label: 'BubbleUp: this group against the rest',
            run: () => setParams(encodeView({ sel: [{ type: 'groups', groups: [Object.fromEntries(group)] }], bubble: true, swap: false })),
          },
        ]
      : []),
    ...group.flatMap(([field, value]) => [
      {
        label: `Filter to ${field} = ${value ?? '(none)'}`,
        run: () => actions.filter(field, value === null ? 'does-not-exist' : '=', value),
      },
      { label: `Exclude ${field} = ${value ?? '(none)'}`, run: () => actions.filter(field, value === null ? 'exists' : '!=', value) },
    ]),
  ];
  for (const m of near) items.push(...itemsOf(m));
  return (
    <>
      <div ref={anchor} className="anchor" style={{ left: point.x, top: point.y }} />
      {ready && <MenuList anchor={anchor} name="Point" items={items} keepOpen={false} onClose={onClose} />}
    </>
  );
}

/** Which of the traces behind a point is opened. */
function traceWords({ op, column }: PickedPoint): string {
  if (op === 'HEATMAP') return 'View a trace of this cell';
  const slow = column === undefined || column === 'duration_ms' || /^COUNT/.test(op);
  if (slow) return `View the ${op === 'MIN' ? 'fastest' : 'slowest'} trace here`;
  return `View the trace with the ${op === 'MIN' ? 'smallest' : 'largest'} ${column}`;
}
