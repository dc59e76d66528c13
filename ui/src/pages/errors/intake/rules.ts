// Rules that show what the forms can say, and where a text is no JSON.

function laid(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

export const examples: Readonly<Record<'rules' | 'paths' | 'options', readonly [string, string][]>> = {
  rules: [
    [
      'All of some classes as one item',
      laid([
        {
          condition: { path: 'body.trace.exception.class', in: ['EOFError', 'TimeoutError'] },
          fingerprint: 'connection',
          title: 'Connection error',
        },
      ]),
    ],
    [
      'One item for each queue',
      laid([{ condition: { path: 'custom.queue', neq: null }, fingerprint: '{{ default_fingerprint }} {{ custom.queue }}' }]),
    ],
    [
      'Messages by what they begin with',
      laid([{ condition: { path: 'body.message.body', regex_match: '^quota of .*' }, fingerprint: 'quota' }]),
    ],
    [
      'What touches a folder',
      laid([
        { condition: { path: 'body.trace.frames.*.filename', contains: 'payments' }, fingerprint: 'payments {{ default_fingerprint }}' },
      ]),
    ],
  ],
  paths: [
    ['Folders of builds are alike', laid([{ pattern: '^/build/[0-9a-f]+/', replacement: '/build/' }])],
    ['Releases are alike', laid([{ pattern: '/releases/\\d+/', replacement: '/current/' }])],
  ],
  options: [
    [
      'All there are',
      laid({ ignore_client_fingerprints: false, auto_resolve_days: { '*': 30 }, resolve_on_deploy: ['staging'], raise_level: true }),
    ],
  ],
};

/** What is wrong with a text as JSON, with its line; '' if nothing is. */
export function jsonMistake(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (e) {
    const message = e instanceof Error ? e.message : 'it is no JSON';
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? NaN);
    if (Number.isNaN(at) || /line \d/.test(message)) return message;
    return `${message} (line ${text.slice(0, at).split('\n').length})`;
  }
}
