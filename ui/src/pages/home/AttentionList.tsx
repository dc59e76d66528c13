import { Fragment, useState } from 'react';

import type { Attention, Cause, CauseLevel, Home, SentencePart } from '../../api/home';
import { linkTo } from '../../app/location';
import { slotStyle } from '../../charts/slotStyle';
import { servicePage } from '../../query/links';
import { clock, day, momentMs } from '../../time/format';
import type { Range } from '../../time/range';
import { Middle } from '../../widgets/Middle';
import { leadOf, sentencesOfEach } from './lead';

interface Props {
  home: Home;
  range: Range;
  utc: boolean;
}

const shownAtFirst = 5;

/** What needs attention, the worst first: a sentence for each reason. */
export function AttentionList({ home, range, utc }: Props): React.ReactElement {
  const [all, setAll] = useState(false);
  const list = all ? home.attention : home.attention.slice(0, shownAtFirst);
  const more = home.attention.length - list.length;
  const most = sentencesOfEach(list);
  return (
    <section className="panel attention" aria-labelledby="attention-title">
      <div className="row attention-head">
        <h2 id="attention-title">Needs attention</h2>
        <span className="muted">{compared(home)}</span>
      </div>
      {home.attention.length === 0 && (
        <p className="attention-well">
          <Mark level="ok" /> Nothing is worse than it was, and nothing fails that should not.
        </p>
      )}
      <ol>
        {list.map((a) => (
          <Needy key={a.service} of={a} most={most} range={range} until={home.to} utc={utc} />
        ))}
      </ol>
      {(more > 0 || all) && home.attention.length > shownAtFirst && (
        <button type="button" className="link accent attention-more" aria-expanded={all} onClick={() => setAll((a) => !a)}>
          {all ? 'Show fewer' : `Show ${more} more`}
        </button>
      )}
    </section>
  );
}

/** What services are compared with. */
function compared(home: Home): string {
  const { from, complete } = home.history;
  if (from === '') return 'each service compared with itself, earlier in this range';
  const hours = Number((BigInt(home.base) - BigInt(from)) / 3_600_000_000_000n);
  const span = hours >= 48 ? `${Math.round(hours / 24)} days` : `${Math.max(hours, 1)} h`;
  return `each service compared with its own ${span} before${complete ? '' : ', which are still being added up'}`;
}

interface NeedyProps {
  of: Attention;
  /** Sentences at first. */
  most: number;
  range: Range;
  until: string;
  utc: boolean;
}

function Needy({ of: a, most, range, until, utc }: NeedyProps): React.ReactElement {
  const [all, setAll] = useState(false);
  // A single one that is left out takes no less room than what says so.
  const causes = all || a.causes.length <= most + 1 ? a.causes : a.causes.slice(0, most);
  const more = a.causes.length - causes.length + a.more;
  return (
    <li className="needy">
      {a.service ? (
        <a className="service needy-name" style={slotStyle(a.slot)} {...linkTo(servicePage(a.service, range))} title={a.service}>
          <Middle text={a.service} />
        </a>
      ) : (
        <span className="needy-name muted">{a.causes[0]?.kind === 'intake' ? 'Data coming in' : 'No service'}</span>
      )}
      <ul>
        {causes.map((c, i) => (
          <li key={i} className="cause" data-level={c.level}>
            <Mark level={c.level} />
            <span>
              <Sentence cause={c} service={a.service} range={range} until={until} utc={utc} />
            </span>
          </li>
        ))}
        {more > 0 && (
          <li className="cause muted">
            <span className="mark" />
            {all ? (
              <a {...linkTo(a.service ? servicePage(a.service, range) : '/errors')}>and {a.more} more</a>
            ) : (
              <button type="button" className="link accent" onClick={() => setAll(true)}>
                and {more} more
              </button>
            )}
          </li>
        )}
      </ul>
    </li>
  );
}

interface SentenceProps {
  cause: Cause;
  service: string;
  range: Range;
  until: string;
  utc: boolean;
}

function Sentence({ cause, service, range, until, utc }: SentenceProps): React.ReactElement {
  return (
    <>
      {cause.sentence.map((p, i) => {
        const to = leadOf(p, cause, service, range, until);
        const words = p.is === 'moment' ? clock(momentMs(p.at), utc).slice(0, 5) : p.text;
        return (
          <Fragment key={i}>
            {to ? (
              <a className={`part ${p.is}`} {...linkTo(to)} title={titleOf(p, utc)}>
                {words}
              </a>
            ) : (
              words
            )}
          </Fragment>
        );
      })}
    </>
  );
}

const titles: Partial<Record<SentencePart['is'], string>> = {
  now: 'Show these',
  before: 'The service as it was',
  operation: 'Traces of this operation',
  error: 'The error',
  path: 'What was refused, and what to change',
};

function titleOf(p: SentencePart, utc: boolean): string | undefined {
  if (p.at === '') return titles[p.is];
  const ms = momentMs(p.at);
  return `${day(ms, utc)} ${clock(ms, utc)}: the service before and after`;
}

const marks: Record<CauseLevel | 'ok', [path: string, name: string]> = {
  broken: ['M6 0.8 11.2 6 6 11.2 0.8 6z', 'broken'],
  worse: ['M6 1.2 11.2 10.6H0.8z', 'worse'],
  notice: ['M6 1.6a4.4 4.4 0 1 1 0 8.8a4.4 4.4 0 1 1 0-8.8zm0 1.6a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6z', 'to know'],
  ok: ['M1 6.4 2.3 5l2.4 2.4L9.6 2.2l1.4 1.3-6.3 6.7z', 'well'],
};

/** A shape and a colour for how bad it is. */
function Mark({ level }: { level: CauseLevel | 'ok' }): React.ReactElement {
  const [path, name] = marks[level];
  return (
    <svg className={`mark ${level}`} width="12" height="12" viewBox="0 0 12 12" role="img" aria-label={name}>
      <path d={path} fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}
