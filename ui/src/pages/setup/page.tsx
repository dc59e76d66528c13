import './setup.css';

import { useEffect, useState } from 'react';

import { get, post, whyOf } from '../../api/client';
import type { ReceivedKind, Setup, SetupCard, Snippet } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { lastOf, useBook, useNow } from '../../app/doctor/book';
import { Doctor } from '../../app/doctor/Doctor';
import { Watching } from '../../app/doctor/Watching';
import { setParams, useAddress } from '../../app/location';
import { SampleOffer } from '../../app/SampleData';
import { ago } from '../../time/format';
import { Tabs } from '../../widgets/Tabs';
import { Code } from './Code';

/** What a card's SDKs send. */
const sends: Record<string, ReceivedKind[]> = {
  opentelemetry: ['spans', 'metrics', 'events'],
  cloudwatch: ['lines'],
  rollbar: ['errors'],
  xray: ['segments'],
};

export default function SetupPage(): React.ReactElement {
  const setup = useLoad('setup', (signal) => get<Setup>('setup', {}, signal));
  const url = useAddress();
  const { book, connected } = useBook();
  const now = useNow();
  const cards = setup.data?.cards ?? [];
  const plain = cards.find((c) => c.id === url.searchParams.get('card')) ?? cards[0];
  const keyed = useKeyed(plain, setup.data?.fresh !== false);
  const card = keyed.card;
  const languages = card?.languages ?? [];
  const chosen = languages.find((l) => l.id === url.searchParams.get('lang')) ?? languages[0];
  return (
    <div className="page setup">
      <h1>Set up a service</h1>
      {setup.error && (
        <p className="note bad" role="alert">
          {setup.error.message}
        </p>
      )}
      {cards.length > 1 && (
        <>
          <h2 id="what-sends">What does your application use today?</h2>
          <div className="cards" role="group" aria-labelledby="what-sends">
            {cards.map((c) => (
              <CardButton
                key={c.id}
                card={c}
                chosen={c.id === card?.id}
                age={since(lastOf(book.received, sends[c.id] ?? []), now)}
                onChoose={() => setParams({ card: c === cards[0] ? undefined : c.id, lang: undefined }, true)}
              />
            ))}
          </div>
          <SampleOffer />
        </>
      )}
      {card && (
        <p className="lead">
          {card.lead} It listens at <code>{setup.data?.endpoint}</code>.
        </p>
      )}
      {card?.note && <p className="note">{card.note}</p>}
      {keyed.problem && (
        <p className="note bad" role="alert">
          No key could be made for this page: {keyed.problem}
        </p>
      )}
      <Watching book={book} connected={connected} now={now} test={card?.test ?? 'trace'} />
      {chosen && languages.length > 1 && (
        <Tabs
          label="Language"
          panel="panel-language"
          tabs={languages.map((l) => [l.id, l.title] as const)}
          chosen={chosen.id}
          onChoose={(lang) => setParams({ lang }, true)}
        />
      )}
      {chosen && <Steps snippet={chosen} alone={languages.length === 1} />}
      {card && (
        <details className="curl">
          <summary>The same test {card.test} as curl</summary>
          <Code text={card.curl} name={`A test ${card.test} as curl`} />
        </details>
      )}
      <Doctor book={book} now={now} />
    </div>
  );
}

/** How long ago, undefined for never. */
function since(last: number, now: number): number | undefined {
  return last > 0 ? now - last : undefined;
}

interface CardProps {
  card: SetupCard;
  chosen: boolean;
  age: number | undefined;
  onChoose: () => void;
}

function CardButton({ card, chosen, age, onChoose }: CardProps): React.ReactElement {
  return (
    <button type="button" className="card" aria-pressed={chosen} onClick={onChoose}>
      <span className="name">{card.title}</span>
      {card.id in sends && (
        <span className="state muted">
          <span className={age === undefined ? 'livedot' : 'livedot on'} aria-hidden="true" />{' '}
          {age === undefined ? 'nothing yet' : ago(age)}
        </span>
      )}
    </button>
  );
}

/** A card with a fresh key in it, where the server wants keys: it makes one when the card is opened. */
function useKeyed(plain: SetupCard | undefined, open: boolean): { card: SetupCard | undefined; problem: string } {
  const [made, setMade] = useState<Record<string, SetupCard>>({});
  const [problem, setProblem] = useState('');
  const id = plain?.id;
  const wanted = !open && id !== undefined && !(id in made);
  useEffect(() => {
    if (!wanted) return;
    const abort = new AbortController();
    setProblem('');
    post<{ card: SetupCard }>('setup', { card: id }, abort.signal).then(
      ({ card }) => setMade((m) => ({ ...m, [card.id]: card })),
      (e: unknown) => {
        if (!abort.signal.aborted) setProblem(whyOf(e));
      },
    );
    return () => abort.abort();
  }, [wanted, id]);
  return { card: (id !== undefined && made[id]) || plain, problem };
}

function Steps({ snippet, alone }: { snippet: Snippet; alone: boolean }): React.ReactElement {
  const steps = [
    ['Install', snippet.install],
    ['Set the environment', snippet.env],
    [snippet.lang === 'bash' ? 'Run' : snippet.lang === 'yaml' ? 'Configure' : 'Instrument', snippet.code],
  ].filter(([, text]) => text);
  const panel = alone ? {} : { role: 'tabpanel', id: 'panel-language', 'aria-labelledby': `tab-${snippet.id}` };
  return (
    <div {...panel} className="steps">
      {steps.map(([title, text], i) => (
        <section key={title}>
          <h2>
            {i + 1}. {title}
          </h2>
          <Code text={text!} name={title!} />
        </section>
      ))}
    </div>
  );
}
