import './setup.css';

import { get } from '../../api/client';
import type { Setup, Snippet } from '../../api/types';
import { useLoad } from '../../api/useLoad';
import { setParams, useAddress } from '../../app/location';
import { Tabs } from '../../widgets/Tabs';
import { Code } from './Code';
import { Watching } from './Watching';

export default function SetupPage(): React.ReactElement {
  const setup = useLoad('setup', (signal) => get<Setup>('setup', {}, signal));
  const url = useAddress();
  const cards = setup.data?.cards ?? [];
  const card = cards.find((c) => c.id === url.searchParams.get('card')) ?? cards[0];
  const languages = card?.languages ?? [];
  const chosen = languages.find((l) => l.id === url.searchParams.get('lang')) ?? languages[0];
  return (
    <div className="page setup">
      <h1>Set up a service</h1>
      <p className="lead">
        {card?.id === 'rollbar'
          ? 'Point any Rollbar SDK at this server: its endpoint is all that changes, and code written for Rollbar stays as it is.'
          : 'Point any OpenTelemetry SDK at this server: three variables are enough, and code written for Honeycomb needs no change.'}
        {setup.data && (
          <>
            {' '}
            It listens at <code>{setup.data.endpoint}</code>.
          </>
        )}
      </p>
      <Watching />
      {setup.error && (
        <p className="note bad" role="alert">
          {setup.error.message}
        </p>
      )}
      {cards.length > 1 && (
        <div className="views" role="group" aria-label="What sends">
          {cards.map((c) => (
            <button
              key={c.id}
              type="button"
              className="btn"
              aria-pressed={c === card}
              onClick={() => setParams({ card: c === cards[0] ? undefined : c.id, lang: undefined }, true)}
            >
              {c.title}
            </button>
          ))}
        </div>
      )}
      {chosen && (
        <Tabs
          label="Language"
          panel="panel-language"
          tabs={languages.map((l) => [l.id, l.title] as const)}
          chosen={chosen.id}
          onChoose={(lang) => setParams({ lang }, true)}
        />
      )}
      {chosen && <Steps snippet={chosen} />}
    </div>
  );
}

function Steps({ snippet }: { snippet: Snippet }): React.ReactElement {
  const steps = [
    ['Install', snippet.install],
    ['Set the environment', snippet.env],
    [snippet.lang === 'bash' ? 'Run' : snippet.lang === 'yaml' ? 'Configure' : 'Instrument', snippet.code],
  ].filter(([, text]) => text);
  return (
    <div role="tabpanel" id="panel-language" aria-labelledby={`tab-${snippet.id}`} className="steps">
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
