// What drawing functions need of the page's theme, read once per change of it.

export interface Theme {
  slots: string[];
  /** Stripes to lay over a colour that two services share. */
  hatch: unknown;
  /** Colours of the levels of logs; other words have that of info. */
  levels: Readonly<Record<string, string>>;
  text: string;
  text2: string;
  text3: string;
  line: string;
  lineSubtle: string;
  surface: string;
  sunken: string;
  hover: string;
  accent: string;
  accentBg: string;
  pick: string;
  error: string;
  ok: string;
  warn: string;
  throttle: string;
  lineControl: string;
  critical: string;
  halo: string;
  heat: string[];
  /** Counts inside a selection. */
  pickRamp: string[];
  /** From less to more, the same in the middle. */
  change: string[];
  mono: string;
  sans: string;
  /** Ink to write on each slot's colour; empty where nothing may be written on it. */
  onSlot: string[];
}

const ink = '#0b0f13';
const white = '#ffffff';
const darkInk = [ink, ink, ink, '', ink, ink, '', ink, ink, ink, ink, ink, ink];
const lightInk = [white, white, ink, ink, ink, ink, white, ink, white, white, white, white, white];

/** The theme that was read last: reading one anew costs more than most drawings. */
let known: { name: string | undefined; theme: Theme } | undefined;

/** The page's theme of now. */
export function currentTheme(): Theme {
  const { theme: name } = document.documentElement.dataset;
  if (!known || known.name !== name) known = { name, theme: readTheme(document.documentElement) };
  return known.theme;
}

function readTheme(e: Element): Theme {
  const css = getComputedStyle(e);
  const v = (name: string): string => css.getPropertyValue(name).trim();
  const ramp = (name: string): string[] =>
    v(name)
      .split(',')
      .map((c) => c.trim());
  return {
    slots: Array.from({ length: 13 }, (_, i) => v(i === 0 ? '--s12' : `--s${i}`)),
    hatch: stripes(v('--bg-surface')),
    levels: {
      fatal: v('--fatal'),
      error: v('--error-mark'),
      warn: v('--warn'),
      info: v('--accent'),
      debug: v('--text-3'),
      trace: v('--line-control'),
    },
    onSlot: document.documentElement.dataset.theme === 'light' ? lightInk : darkInk,
    text: v('--text'),
    text2: v('--text-2'),
    text3: v('--text-3'),
    line: v('--line'),
    lineSubtle: v('--line-subtle'),
    surface: v('--bg-surface'),
    sunken: v('--bg-sunken'),
    hover: v('--bg-hover'),
    accent: v('--accent'),
    accentBg: v('--accent-bg'),
    pick: v('--pick'),
    error: v('--error-mark'),
    ok: v('--ok'),
    warn: v('--warn'),
    throttle: v('--throttle'),
    lineControl: v('--line-control'),
    critical: v('--critical'),
    halo: v('--critical-halo'),
    heat: ramp('--heat'),
    pickRamp: ramp('--pick-ramp'),
    change: ramp('--change'),
    mono: v('--mono'),
    sans: v('--sans'),
  };
}

/** A pattern of slanted stripes. */
function stripes(color: string): CanvasPattern | string {
  const size = 6;
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const ctx = tile.getContext('2d');
  if (!ctx) return 'transparent';
  ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.beginPath();
  for (const x of [-size, 0, size]) {
    ctx.moveTo(x - 1, size + 1);
    ctx.lineTo(x + size + 1, -1);
  }
  ctx.stroke();
  return ctx.createPattern(tile, 'repeat') ?? 'transparent';
}

/** Sizes a canvas for the screen's pixels and clears it. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const ctx = canvas.getContext('2d')!;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}
