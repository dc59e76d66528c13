import { useLayoutEffect, useRef, useState } from 'react';

import { ApiError, get } from '../../../api/client';
import type { TraceList } from '../../../api/types';
import { go, setParams } from '../../../app/location';
import { whereText } from '../../../query/print';
import type { Question } from '../../../query/question';
import { MenuList, type MenuItem } from '../../../widgets/Menu';
import type { Cell } from '../../../query/cell';
import type { Answer } from '../result';
import { encodeView } from '../url';
import { pickText } from '../useValueActions';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import type { PickedPoint } from './Charts';

interface Props {
  point: PickedPoint;
  answer: Answer;
  question: Question;
  actions: ValueActions;
  onZoom: (from: number, to: number) => void;
  /** Makes a marker at a moment. */
  onMark: ((atNs: bigint) => void) | undefined;
  onClose: () => void;
}

/** What can be done with a point of a chart: its trace, its group, its moment. */
export function PointMenu({ point, answer, question, actions, onZoom, onMark, onClose }: Props): React.ReactElement {
  const anchor = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState(false);
  const [said, setSaid] = useState('');
  useLayoutEffect(() => setReady(true), []);
  const key = JSON.parse(point.id) as Cell[];
  const group = question.by.map((field, i) => [field, key[i] ?? null] as const);
  const base = BigInt(answer.result.start);
  const trace = async (): Promise<void> => {
    const conditions = [
      ...(question.where.terms.length > 0 ? [`(${whereText(question.where)})`] : []),
      ...group.map(([field, value]) => pickText(field, value)),
    ];
    try {
      const { traces } = await get<TraceList>('traces', {
        from: String(base + BigInt(Math.floor(point.from))),
        to: String(base + BigInt(Math.ceil(point.to))),
        q: conditions.join(' AND '),
        sort: 'duration',
        order: 'desc',
        limit: '1',
      });
      if (traces[0]) go(`/trace/${encodeURIComponent(traces[0].trace_id)}`);
      else setSaid('No trace has its root in this moment');
    } catch (e) {
      setSaid(e instanceof ApiError ? e.message : 'The server can’t be reached');
    }
  };
  const items: MenuItem[] = [
    { label: 'View the slowest trace here', run: () => void trace() },
    ...(onMark ? [{ label: 'Add a marker here', run: () => onMark(base + BigInt(Math.floor(point.from))) }] : []),
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
  return (
    <>
      <div ref={anchor} className="anchor" style={{ left: point.x, top: point.y }} />
      {ready && !said && (
        <MenuList
          anchor={anchor}
          name="Point"
          items={items}
          keepOpen={false}
          onClose={() => {
            // The item that was chosen may still have something to say.
            requestAnimationFrame(() => onClose());
          }}
        />
      )}
      {said && (
        <div className="note anchor-note" role="alert" style={{ left: point.x, top: point.y }}>
          {said}
        </div>
      )}
    </>
  );
}
