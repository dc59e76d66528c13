import { useCallback, useMemo, useState } from 'react';

import type { ItemCounts } from '../../../api/errors';
import { usePrefs } from '../../../app/prefs';
import { Canvas } from '../../../charts/Canvas';
import { drawCounts } from '../../../charts/counts';
import type { Frame } from '../../../charts/lines';
import { drawMarkers, markersAt, type Marker } from '../../../charts/markers';
import type { Theme } from '../../../charts/theme';
import { useSize } from '../../../charts/useSize';
import { count, minute, momentMs } from '../../../time/format';
import { shortVersion } from '../list/columns';

interface Props {
  data: ItemCounts;
  /** What is picked, ns; '' for nothing. */
  from: string;
  to: string;
  onPick: (from: string, to: string) => void;
}

const height = 132;
const slight = 4;

/** Occurrences over time with deploys and new versions; a drag picks a stretch. */
export function CountChart({ data, from, to, onPick }: Props): React.ReactElement {
  const { utc } = usePrefs();
  const [box, { width }] = useSize<HTMLDivElement>();
  const [drag, setDrag] = useState<{ a: number; b: number }>();
  const [hover, setHover] = useState<number>();
  const startMs = momentMs(data.base);
  const total = data.step * data.counts.length;
  const frame: Frame = useMemo(
    () => ({ left: 44, top: 12, width: Math.max(width - 52, 10), height: height - 12 - 22, total }),
    [width, total],
  );
  const markers: Marker[] = useMemo(() => {
    const at = (t: string): number => Number(BigInt(t || '0') - BigInt(data.base));
    return [
      ...data.releases.map((r) => ({
        id: `r ${r.version}`,
        from: at(r.at),
        to: at(r.at),
        label: `version ${shortVersion(r.version)} first seen`,
        color: '',
      })),
      ...data.deploys.map((d) => ({
        id: `d ${d.id}`,
        from: at(d.at),
        to: at(d.at),
        label: `deploy of ${shortVersion(d.revision)}${d.by ? ` by ${d.by}` : ''}`,
        color: '',
      })),
    ];
  }, [data]);
  const draw = useCallback(
    (ctx: CanvasRenderingContext2D, theme: Theme) => {
      drawCounts(ctx, theme, frame, { values: data.counts, step: data.step, startMs, utc, partialFrom: data.counts.length - 1 });
      drawMarkers(ctx, theme, frame, markers);
    },
    [frame, data, markers, startMs, utc],
  );
  const timeAt = (x: number): bigint =>
    BigInt(data.base) + BigInt(Math.round((Math.min(Math.max(x - frame.left, 0), frame.width) / frame.width) * total));
  const placeOf = (t: string): number => frame.left + (Number(BigInt(t) - BigInt(data.base)) / total) * frame.width;
  const [a, b] = drag ? [Math.min(drag.a, drag.b), Math.max(drag.a, drag.b)] : from !== '' ? [placeOf(from), placeOf(to)] : [0, 0];
  const bucket = hover === undefined ? -1 : Math.floor(((hover - frame.left) / frame.width) * data.counts.length);
  const near = hover === undefined ? [] : markersAt(frame, markers, hover);
  const sum = data.counts.reduce((x, y) => x + y, 0);
  return (
    <div
      ref={box}
      className="icount"
      onPointerDown={(e) => {
        if (e.button !== 0) return;
        e.currentTarget.setPointerCapture(e.pointerId);
        const x = e.nativeEvent.offsetX;
        setDrag({ a: x, b: x });
      }}
      onPointerMove={(e) => {
        const x = e.clientX - e.currentTarget.getBoundingClientRect().left;
        setHover(x);
        if (drag) setDrag({ ...drag, b: x });
      }}
      onPointerLeave={() => setHover(undefined)}
      onPointerUp={() => {
        if (!drag) return;
        setDrag(undefined);
        if (Math.abs(drag.a - drag.b) < slight) onPick('', '');
        else onPick(String(timeAt(Math.min(drag.a, drag.b))), String(timeAt(Math.max(drag.a, drag.b))));
      }}
    >
      <Canvas
        width={width}
        height={height}
        label={`${sum} occurrences over time, at most ${Math.max(...data.counts, 0)} at once; ${data.deploys.length} deploys`}
        draw={draw}
      />
      {b > a && <div className="brush full" style={{ left: a, width: b - a, top: frame.top, bottom: 22 }} />}
      {hover !== undefined && bucket >= 0 && bucket < data.counts.length && !drag && (
        <div className="tip" style={{ left: Math.min(hover + 12, width - 200) }}>
          <b>{count(data.counts[bucket]!)}</b> {minute(startMs + (bucket * data.step) / 1e6, utc)}
          {near.map((m) => (
            <div key={m.id}>{m.label}</div>
          ))}
        </div>
      )}
    </div>
  );
}
