import { expect, it } from 'vitest';

import type { Frame } from './lines';
import { drawMarkers, markersAt, type Marker } from './markers';
import { record, testTheme } from './record';

const frame: Frame = { left: 0, top: 10, width: 100, height: 50, total: 1000 };
const deploy: Marker = { id: 'a', from: 500, to: 500, label: 'deploy', color: '' };
const outage: Marker = { id: 'b', from: 200, to: 400, label: 'outage', color: '#f00' };
const past: Marker = { id: 'c', from: -500, to: -400, label: 'long ago', color: '' };

it('draws a line for a moment and a band for a stretch, and nothing out of view', () => {
  const pen = record();
  drawMarkers(pen, testTheme, frame, [deploy, outage, past]);
  expect(pen.calls.filter((c) => c.name === 'fillRect').map((c) => [c.args, c.fill])).toEqual([
    [[50, 10, 1, 50], 'text2'],
    [[20, 10, 20, 50], '#f00'],
    [[20, 10, 1, 50], '#f00'],
  ]);
});

it('finds them under the pointer', () => {
  expect(markersAt(frame, [deploy, outage], 52).map((m) => m.id)).toEqual(['a']);
  expect(markersAt(frame, [deploy, outage], 35).map((m) => m.id)).toEqual(['b']);
  expect(markersAt(frame, [deploy, outage], 80)).toEqual([]);
});
