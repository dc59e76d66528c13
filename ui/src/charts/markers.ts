// Draws moments and stretches of time, such as deploys, over a chart. No React, no reads of the page.
import { xOf, type Frame, type Pen } from './lines';
import type { Theme } from './theme';

export interface Marker {
  id: string;
  /** In ns from the common start; the same for a moment. */
  from: number;
  to: number;
  label: string;
  /** Empty takes the text's colour. */
  color: string;
  /** Nobody told of it: it was found in the events. It is drawn thinner, in the colour of its service's slot. */
  found?: { slot: number };
}

/** A line with a flag for each moment, a band for each stretch; what was found is a faint broken line. */
export function drawMarkers(pen: Pen, theme: Theme, frame: Frame, markers: readonly Marker[]): void {
  for (const m of markers) {
    if (m.to < 0 || m.from > frame.total) continue;
    const x = Math.round(xOf(frame, Math.max(m.from, 0)));
    const x2 = Math.round(xOf(frame, Math.min(m.to, frame.total)));
    if (m.found) {
      pen.fillStyle = theme.slots[m.found.slot] ?? theme.text3;
      pen.globalAlpha = 0.7;
      if (m.from >= 0)
        for (let y = frame.top; y < frame.top + frame.height; y += 6) pen.fillRect(x, y, 1, Math.min(3, frame.top + frame.height - y));
      pen.globalAlpha = 1;
      continue;
    }
    pen.fillStyle = m.color || theme.text2;
    if (x2 - x > 1) {
      pen.globalAlpha = 0.12;
      pen.fillRect(x, frame.top, x2 - x, frame.height);
    }
    pen.globalAlpha = 0.9;
    if (m.from >= 0) {
      pen.fillRect(x, frame.top, 1, frame.height);
      pen.beginPath();
      pen.moveTo(x, frame.top - 6);
      pen.lineTo(x + 7, frame.top - 3);
      pen.lineTo(x, frame.top);
      pen.closePath();
      pen.fill();
    }
    pen.globalAlpha = 1;
  }
}

/** The markers at a place across. */
export function markersAt(frame: Frame, markers: readonly Marker[], x: number, reach = 5): Marker[] {
  return markers.filter((m) => {
    const from = xOf(frame, m.from);
    return Math.abs(x - from) <= reach || (x >= from && x <= xOf(frame, m.to));
  });
}
