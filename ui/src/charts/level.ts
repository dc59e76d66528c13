// The levels of log lines: senders name them in many ways.

export const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type Level = (typeof levels)[number];

const starts: readonly (readonly [RegExp, Level])[] = [
  [/^(?:fatal|crit|emerg|alert|panic)/, 'fatal'],
  [/^err/, 'error'],
  [/^warn/, 'warn'],
  [/^(?:debug|fine)/, 'debug'],
  [/^(?:trace|verbose)/, 'trace'],
];

/** The level that a sender's word stands for; info where it says nothing we know. */
export function levelOf(word: string): Level {
  const w = word.toLowerCase();
  return starts.find(([re]) => re.test(w))?.[1] ?? 'info';
}
