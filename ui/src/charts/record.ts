// For tests: a pen that remembers what was drawn, and a theme.
import type { Theme } from './theme';

export interface Call {
  name: string;
  args: unknown[];
  fill: string;
  stroke: string;
  alpha: number;
}

type Recorder = { calls: Call[]; fillStyle: string; strokeStyle: string; globalAlpha: number } & CanvasRenderingContext2D;

/** Stands for a canvas; every call of a method is kept with the colours of its moment. */
export function record(): Recorder {
  const state: Record<string, unknown> = { calls: [], fillStyle: '', strokeStyle: '', globalAlpha: 1 };
  return new Proxy(state, {
    get: (target, name: string) =>
      name in target
        ? target[name]
        : (...args: unknown[]) => {
            (target.calls as Call[]).push({
              name,
              args,
              fill: String(target.fillStyle),
              stroke: String(target.strokeStyle),
              alpha: Number(target.globalAlpha),
            });
            return name === 'measureText' ? { width: String(args[0]).length * 6 } : undefined;
          },
    set: (target, name: string, value) => {
      target[name] = value;
      return true;
    },
  }) as unknown as Recorder;
}

const named = (prefix: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

export const testTheme: Theme = {
  slots: named('slot', 13),
  onSlot: named('on', 13),
  hatch: 'hatch',
  levels: { info: 'info', warn: 'warn', error: 'levelError' },
  text: 'text',
  text2: 'text2',
  text3: 'text3',
  line: 'line',
  lineSubtle: 'lineSubtle',
  surface: 'surface',
  sunken: 'sunken',
  hover: 'hover',
  accent: 'accent',
  accentBg: 'accentBg',
  pick: 'pick',
  error: 'error',
  ok: 'ok',
  warn: 'warn',
  throttle: 'throttle',
  lineControl: 'lineControl',
  critical: 'critical',
  halo: 'halo',
  heat: named('heat', 9),
  pickRamp: named('ramp', 5),
  change: named('change', 9),
  mono: 'mono',
  sans: 'sans',
};
