// The table that `make bench-ui` prints, and what a figure of it may be.
import { expect } from '@playwright/test';

import type { Frames } from './frames';

let table: string[] = [];

export function row(what: string, measured: string, budget: string): void {
  table.push(`| ${what} | ${measured} | ${budget} |`);
}

/** A measure that must not be more than a fifth over its budget. */
export function within(what: string, is: number, budget: number, unit = 'ms', words = `${is.toFixed(is < 10 ? 1 : 0)} ${unit}`): void {
  row(what, words, `${budget} ${unit}`);
  expect.soft(is, `${what}, in ${unit}`).toBeLessThanOrEqual(budget * 1.2);
}

export function frames(f: Frames): string {
  return `p95 ${f.script95.toFixed(1)} ms script a frame, worst ${f.worst.toFixed(0)}, ${f.rate.toFixed(0)} frames/s, longest task ${f.longest.toFixed(0)} ms, main thread ${(f.busy * 100).toFixed(0)} %`;
}

/** Script of a frame, and no task over 50 ms. */
export function smooth(what: string, f: Frames, budget: number): void {
  within(what, f.script95, budget, 'ms', frames(f));
  expect.soft(f.longest, `${what}: the longest task, in ms`).toBeLessThanOrEqual(50 * 1.2);
}

/** Prints what was measured since it was printed last. */
export function print(): void {
  console.log(['', '| what | measured | budget |', '| --- | --- | --- |', ...table, ''].join('\n'));
  table = [];
}
