import { useEffect, useRef } from 'react';

import type { SpanDetail } from '../../api/types';
import { mark } from '../../charts/model';
import { count, duration } from '../../time/format';
import { MarkLinks } from './MarkLinks';
import { Fields } from './SpanFields';

/** What an event repeats of its span. */
const repeated =
  /^(?:trace\.|meta\.|service\.|telemetry\.|library\.|host\.|process\.|os\.|container\.|k8s\.|cloud\.|otel\.scope\.|name$|parent_name$|severity)/;

const kindNames: Record<number, string> = { [mark.exception]: 'exception', [mark.log]: 'log', [mark.errorItem]: 'error' };

/** Events, exceptions and log lines in order. */
export function SpanEvents({
  detail: d,
  start,
  base,
  chosen,
}: {
  detail: SpanDetail;
  start: number;
  base: string;
  /** The event to show first and marked, -1 for none. */
  chosen: number;
}): React.ReactElement {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [d, chosen]);
  if (d.events.length === 0) return <p className="muted">This span has no events and no log lines.</p>;
  return (
    <div ref={list}>
      {d.events.map((e, i) => {
        const bad = e.kind === mark.exception || e.kind === mark.errorItem;
        return (
          <section key={i} className={i === chosen ? 'event chosen' : 'event'}>
            <h3 className={bad ? 'error-text' : ''}>
              {bad ? '◆ ' : '● '}
              {kindNames[e.kind] && kindNames[e.kind] !== e.name ? `${kindNames[e.kind]}: ` : ''}
              {e.name} <span className="muted">{duration(Number(BigInt(e.time) - BigInt(base)) - start)} after its start</span>
            </h3>
            <MarkLinks event={e} />
            <Fields
              fields={e.fields}
              names={Object.keys(e.fields)
                .filter((n) => !repeated.test(n))
                .sort()}
            />
          </section>
        );
      })}
      {d.left_out > 0 && <p className="muted">{count(d.left_out)} more are not shown.</p>}
    </div>
  );
}
