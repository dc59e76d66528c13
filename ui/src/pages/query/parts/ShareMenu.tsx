import { useEffect, useRef, useState } from 'react';

import { at } from '../../../app/root';
import type { Question } from '../../../query/question';
import { Menu, type MenuItem } from '../../../widgets/Menu';
import { spanOf } from '../data';
import type { Answer } from '../result';
import { asCurl, asHoneycomb, asLine, asMarkdown } from '../share';
import { encodeView } from '../url';

interface Props {
  env: string;
  dataset: string;
  question: Question;
  answer: Answer;
  from: string;
  to: string;
}

/** The link to what is shown, with the time fixed. */
function fixedLink(answer: Answer): string {
  const url = new URL(location.href);
  for (const [name, v] of Object.entries(encodeView({ from: answer.result.start, to: answer.result.end })))
    url.searchParams.set(name, String(v));
  return url.href;
}

/** Copies what is shown as a link, a command or a query of another tool. */
export function ShareMenu({ env, dataset, question, answer, from, to }: Props): React.ReactElement {
  const [said, setSaid] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = (text: string, what: string): void => {
    const say = (words: string): void => {
      setSaid(words);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setSaid(''), 2500);
    };
    // Browsers offer the clipboard to secure pages only.
    if (!navigator.clipboard) say('Copying needs https or localhost');
    else
      navigator.clipboard.writeText(text).then(
        () => say(`Copied ${what}`),
        () => say('Copying is not allowed here'),
      );
  };
  const span = spanOf(from, to, Date.now());
  const items: MenuItem[] = [
    { label: 'Copy the link', run: () => copy(location.href, 'the link') },
    { label: 'Copy the link, time fixed', run: () => copy(fixedLink(answer), 'the link') },
    ...(answer.resultId
      ? [
          {
            label: 'Copy the link to this very result',
            run: () =>
              copy(
                location.origin + at(`/r/${encodeURIComponent(answer.resultId)}${env ? `?env=${encodeURIComponent(env)}` : ''}`),
                'the link to this result',
              ),
          },
        ]
      : []),
    { label: 'Copy as', run: () => undefined, head: true },
    { label: 'One line of text', run: () => copy(asLine(question, span), 'one line of text') },
    { label: 'Honeycomb query JSON', run: () => copy(asHoneycomb(question, span), 'Honeycomb JSON') },
    { label: 'curl command', run: () => copy(asCurl(location.origin + at(''), env, dataset, question, span), 'a curl command') },
    { label: 'Markdown table', run: () => copy(asMarkdown(answer.result), 'a table') },
  ];
  return (
    <span className="row">
      <span className="muted" role="status">
        {said}
      </span>
      <Menu className="btn small" name="Share this query" label="Copy ▾" items={items} />
    </span>
  );
}
