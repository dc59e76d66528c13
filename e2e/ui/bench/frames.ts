// What the browser's main thread did while something happened: the script of
// each frame, tasks that were long, frames that did not come.
import type { CDPSession, Page } from '@playwright/test';

interface Event { name: string; ts: number; dur?: number; tdur?: number; pid: number; tid: number; ph: string }

export interface Frames {
  /** Milliseconds of our code in a frame: 95th percentile and the worst. */
  script95: number;
  worst: number;
  /** Tasks over 50 ms, and the longest in ms of processor time. */
  long: number;
  longest: number;
  /** Frames a second, and the share of the time the main thread worked. */
  rate: number;
  busy: number;
}

const scripts = new Set(['FunctionCall', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'v8.callFunction', 'FireIdleCallback']);

/** Runs `act` and tells what it cost the page's main thread. */
export async function during(page: Page, act: () => Promise<unknown>): Promise<Frames> {
  const cdp = await page.context().newCDPSession(page);
  const events: Event[] = [];
  cdp.on('Tracing.dataCollected', (e) => events.push(...(e.value as unknown as Event[])));
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['devtools.timeline', 'toplevel', 'disabled-by-default-devtools.timeline'] } });
  await act();
  await ended(cdp);
  await cdp.detach();
  return summary(events);
}

async function ended(cdp: CDPSession): Promise<void> {
  const done = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
  await cdp.send('Tracing.end');
  await done;
}

function summary(events: Event[]): Frames {
  // The page's own main thread is the one whose frames run scripts.
  const main = busiest(events.filter((e) => e.name === 'FireAnimationFrame' || e.name === 'FunctionCall'));
  const own = events.filter((e) => e.ts > 0 && `${e.pid}.${e.tid}` === main).sort((a, b) => a.ts - b.ts);
  const starts = own.filter((e) => e.name === 'AnimationFrame' && e.ph === 'b').map((e) => e.ts);
  const script = new Float64Array(Math.max(starts.length, 1));
  let until = -Infinity;
  let frame = 0;
  for (const e of own) {
    while (frame + 1 < starts.length && starts[frame + 1]! <= e.ts) frame++;
    if (!scripts.has(e.name) || e.ts < until) continue; // what runs inside another is counted there
    script[frame]! += worked(e);
    until = e.ts + (e.dur ?? 0);
  }
  const tasks = own.filter((e) => e.name === 'RunTask').map(worked);
  const span = own.length > 1 ? (own.at(-1)!.ts - own[0]!.ts) / 1e6 : 1;
  const sorted = [...script].sort((a, b) => a - b);
  return {
    script95: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    worst: sorted.at(-1) ?? 0,
    long: tasks.filter((ms) => ms > 50).length,
    longest: Math.max(...tasks, 0),
    rate: starts.length / span,
    busy: tasks.reduce((a, b) => a + b, 0) / 1000 / span,
  };
}

/** Milliseconds of processor time: what others on the machine took does not count. */
const worked = (e: Event): number => (e.tdur ?? e.dur ?? 0) / 1000;

function busiest(events: Event[]): string {
  const count = new Map<string, number>();
  for (const e of events) count.set(`${e.pid}.${e.tid}`, (count.get(`${e.pid}.${e.tid}`) ?? 0) + 1);
  return [...count].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

/** Bytes of the page's live objects and of what typed arrays hold, after a collection. */
export async function heap(page: Page): Promise<number> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = (await cdp.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number };
  await cdp.detach();
  return usedSize + backingStorageSize;
}

/** Milliseconds from each key until the frame after it was painted: 75th percentile. */
export function keysToPaint(page: Page, keys: string[]): Promise<number> {
  return toPaint(page, keys.map((key) => () => page.keyboard.press(key === ' ' ? 'Space' : key)));
}

/** The same of whatever presses one key or clicks once. */
export async function toPaint(page: Page, acts: (() => Promise<unknown>)[]): Promise<number> {
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) if (e.name === 'keydown' || e.name === 'click') seen.push(e.duration);
    }).observe({ type: 'event', durationThreshold: 16, buffered: false } as PerformanceObserverInit);
  });
  for (const act of acts) {
    await act();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0))));
  }
  const seen = await page.evaluate(() => (window as unknown as { seen: number[] }).seen);
  // What was under the threshold of 16 ms is not told, and counts as it.
  const all = [...seen, ...Array<number>(Math.max(acts.length - seen.length, 0)).fill(16)].sort((a, b) => a - b);
  return all[Math.floor(all.length * 0.75)] ?? 0;
}

/** Milliseconds in which all canvases of the page are drawn anew, the best of twenty, and how many they are. */
export function redraw(page: Page): Promise<{ ms: number; canvases: number }> {
  return page.evaluate(async () => {
    const root = document.documentElement;
    const was = root.dataset.theme!;
    let best = Infinity;
    for (let i = 0; i < 20; i++) {
      await new Promise((done) => setTimeout(done, 30));
      const begun = performance.now();
      root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
      await Promise.resolve(); // after those who watch the theme
      best = Math.min(best, performance.now() - begun);
    }
    root.dataset.theme = was;
    return { ms: best, canvases: document.querySelectorAll('canvas').length };
  });
}

export function nextFrame(page: Page): Promise<unknown> {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
}

/** Turns the wheel once a frame. */
export async function wheel(page: Page, steps: number, dy: number, dx = 0): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await page.mouse.wheel(dx, dy);
    await nextFrame(page);
  }
}

/** Milliseconds of the page's own clock until `selector` was painted, from its navigation. */
export async function painted(page: Page, selector: string): Promise<number> {
  await page.locator(selector).first().waitFor();
  return page.evaluate(() => new Promise<number>((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0))));
}
