// The charts of a result as one picture, as they are on the page.

export interface Legend {
  label: string;
  color: string;
}

export interface PictureInput {
  charts: { title: string; canvas: HTMLCanvasElement }[];
  /** The groups that have a colour. */
  legend: Legend[];
  /** The question and its time, below the charts. */
  words: string[];
  colors: { back: string; text: string; faint: string };
  font: string;
  /** Device pixels for each of the page. */
  ratio: number;
}

const pad = 16;
const line = 18;
const gap = 12;
/** Texts beyond this width of the picture go on in the next line. */
const wide = 0.97;

/** Breaks texts into lines that fit. */
export function wrapped(words: readonly string[], fits: (text: string) => boolean): string[] {
  return words.flatMap((text) => {
    const out: string[] = [];
    let now = '';
    for (const word of text.split(' ')) {
      const next = now === '' ? word : `${now} ${word}`;
      if (now === '' || fits(next)) now = next;
      else {
        out.push(now);
        now = word;
      }
    }
    return [...out, now];
  });
}

/** Where each entry of a legend stands, left to right and line by line. */
export function places(widths: readonly number[], width: number): { x: number; row: number }[] {
  let [x, row] = [0, 0];
  return widths.map((w) => {
    if (x > 0 && x + w > width) [x, row] = [0, row + 1];
    const at = { x, row };
    x += w;
    return at;
  });
}

/** Draws everything onto one canvas. */
export function drawPicture(input: PictureInput): HTMLCanvasElement {
  const { charts, legend, colors, ratio } = input;
  const out = document.createElement('canvas');
  const pen = out.getContext('2d')!;
  const font = (size: number, weight = 400): string => `${weight} ${size}px ${input.font}`;
  const size = (c: HTMLCanvasElement): { w: number; h: number } => ({ w: c.width / ratio, h: c.height / ratio });
  const inner = charts.reduce((w, c) => Math.max(w, size(c.canvas).w), 320);
  pen.font = font(12);
  const entry = 14 + 16;
  const spots = places(
    legend.map((l) => pen.measureText(l.label).width + entry),
    inner,
  );
  const words = wrapped(input.words, (t) => pen.measureText(t).width < inner * wide);
  const legendRows = spots.length > 0 ? spots.at(-1)!.row + 1 : 0;
  const height =
    charts.reduce((h, c) => h + line + size(c.canvas).h + gap, pad) + legendRows * line + (legendRows > 0 ? gap : 0) + words.length * line;
  out.width = Math.ceil((inner + 2 * pad) * ratio);
  out.height = Math.ceil((height + pad) * ratio);
  pen.scale(ratio, ratio);
  pen.fillStyle = colors.back;
  pen.fillRect(0, 0, inner + 2 * pad, height + pad);
  pen.textBaseline = 'top';
  let y = pad;
  for (const c of charts) {
    const { w, h } = size(c.canvas);
    pen.font = font(13, 600);
    pen.fillStyle = colors.text;
    pen.fillText(c.title, pad, y);
    pen.drawImage(c.canvas, pad, y + line, w, h);
    y += line + h + gap;
  }
  pen.font = font(12);
  legend.forEach((l, i) => {
    const at = spots[i]!;
    pen.fillStyle = l.color;
    pen.fillRect(pad + at.x, y + at.row * line + 2, 10, 10);
    pen.fillStyle = colors.text;
    pen.fillText(l.label, pad + at.x + 14, y + at.row * line);
  });
  if (legendRows > 0) y += legendRows * line + gap;
  pen.fillStyle = colors.faint;
  words.forEach((text, i) => pen.fillText(text, pad, y + i * line));
  return out;
}

/** The charts in a part of the page, with what they are about, as a PNG. */
export async function pictureOf(area: HTMLElement, legend: { label: string; slot: number }[], words: string[]): Promise<Blob> {
  const style = getComputedStyle(area);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  const charts = [...area.querySelectorAll<HTMLElement>('section.chart')].flatMap((section) => {
    const canvas = section.querySelector('canvas');
    return canvas ? [{ title: section.getAttribute('aria-label') ?? '', canvas }] : [];
  });
  const canvas = drawPicture({
    charts,
    legend: legend.map((l) => ({ label: l.label, color: value(l.slot === 0 ? '--line-control' : `--s${l.slot}`) })),
    words,
    colors: { back: value('--bg-surface'), text: value('--text'), faint: value('--text-3') },
    font: style.fontFamily,
    ratio: devicePixelRatio,
  });
  return await new Promise((done, fail) => {
    canvas.toBlob((b) => (b ? done(b) : fail(new Error('the browser can’t draw the picture'))), 'image/png');
  });
}
