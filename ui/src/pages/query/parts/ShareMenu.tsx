import { useEffect, useRef, useState } from 'react';

import { here, shareable } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { at } from '../../../app/root';
import type { Question } from '../../../query/question';
import { Menu, type MenuItem } from '../../../widgets/Menu';
import { clock, day, momentMs } from '../../../time/format';
import { every, spanOf } from '../data';
import { save } from '../../../query/table';
import { pictureOf } from '../picture';
import { groupId, groupLabel, type Answer } from '../result';
import { asCurl, asHoneycomb, asLine, asMarkdown } from '../share';
import { encodeView } from '../url';

interface Props {
  /** Who asks the server must have a key. */
  keyed: boolean;
  env: string;
  dataset: string;
  question: Question;
  answer: Answer;
  from: string;
  to: string;
  /** The groups with their colour slots, for the legend of a picture. */
  slots: ReadonlyMap<string, number>;
}

const pictured = 10;

/** The coloured groups, in the order of the table. */
function legendOf(answer: Answer, slots: ReadonlyMap<string, number>): { label: string; slot: number }[] {
  const { result } = answer;
  if (result.breakdowns === 0) return [];
  return result.rows.slice(0, pictured).map((row) => {
    const key = row.slice(0, result.breakdowns);
    return { label: groupLabel(key), slot: slots.get(groupId(key)) ?? 0 };
  });
}

/** The link to what is shown, with the time fixed. */
function fixedLink(answer: Answer): URL {
  const url = here();
  for (const [name, v] of Object.entries(encodeView({ from: answer.result.start, to: answer.result.end })))
    url.searchParams.set(name, String(v));
  return url;
}

/** Copies what is shown as a link, a command or a query of another tool. */
export function ShareMenu({ keyed, env, dataset, question, answer, from, to, slots }: Props): React.ReactElement {
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
  const area = useRef<HTMLSpanElement>(null);
  const { utc } = usePrefs();
  const savePicture = async (): Promise<void> => {
    const charts = area.current?.closest('.answer')?.querySelector<HTMLElement>('.charts');
    if (!charts) return;
    const [a, b] = [momentMs(answer.result.start), momentMs(answer.result.end)];
    const words = [
      asLine(question, {}),
      `${day(a, utc)} ${clock(a, utc)} to ${day(b, utc)} ${clock(b, utc)}, ${dataset === every ? 'all datasets' : dataset}`,
    ];
    save('charts.png', 'image/png', await pictureOf(charts, legendOf(answer, slots), words));
  };
  const span = spanOf(from, to, Date.now());
  const items: MenuItem[] = [
    { label: 'Copy the link', run: () => void shareable(here()).then((link) => copy(link, 'the link')) },
    { label: 'Copy the link, time fixed', run: () => void shareable(fixedLink(answer)).then((link) => copy(link, 'the link')) },
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
    { label: 'curl command', run: () => copy(asCurl(location.origin + at(''), keyed, env, dataset, question, span), 'a curl command') },
    { label: 'Markdown table', run: () => copy(asMarkdown(answer.result), 'a table') },
    { label: 'Save', run: () => undefined, head: true },
    { label: 'The charts as a picture', run: () => void savePicture() },
  ];
  return (
    <span className="row" ref={area}>
      <span className="muted" role="status">
        {said}
      </span>
      <Menu className="btn small" name="Share this query" label="Copy ▾" items={items} />
    </span>
  );
}
