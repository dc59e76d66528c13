import { useEffect, useState } from 'react';

import { linkTo } from '../../../app/location';
import { usePrefs } from '../../../app/prefs';
import { useRetained } from '../../../app/retained';
import { count, ago, digits } from '../../../time/format';
import type { Question } from '../../../query/question';
import { save } from '../../../query/table';
import { toCsv, toJson } from '../download';
import { comparedNote, goneNote, oldestNote } from '../notes';
import type { Answer } from '../result';
import { colouredGroups } from '../result';
import { useSampling } from '../useSampling';

interface Props {
  dataset: string;
  answer: Answer;
  question: Question;
}

/** What the result rests on: rows, groups, time, sampling, age. */
export function Foot({ dataset, answer, question }: Props): React.ReactElement {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  const { result } = answer;
  const { utc } = usePrefs();
  const retained = useRetained();
  const rate = useSampling(dataset, question, answer);
  const hidden = result.breakdowns > 0 ? Math.max(result.rows.length - colouredGroups, 0) : 0;
  const parts = [
    result.breakdowns > 0
      ? `${count(result.rows.length)} ${result.rows.length === 1 ? 'group' : 'groups'}${result.more ? ', more beyond the limit (LIMIT shows up to 10,000)' : ''}`
      : '',
    hidden > 0 ? `${hidden} of them grey in the charts` : '',
    `${count(answer.scanned)} rows looked at in ${answer.elapsedMs < 10 ? answer.elapsedMs.toFixed(1) : Math.round(answer.elapsedMs)}\u2009ms`,
    question.unweighted
      ? 'stored events, not those they stand for'
      : answer.sampled
        ? `sampled${rate !== undefined && rate >= 1.05 ? ` ×${Number(digits(rate))}` : ''}: each event counts as many as it stands for`
        : '',
    comparedNote(result, utc),
    oldestNote(result, retained, answer.ranAt, utc),
    now - answer.ranAt > 15_000 ? `ran ${ago(now - answer.ranAt)}` : '',
    `query ${answer.requestId}`,
  ].filter(Boolean);
  const gone = goneNote(result, retained, answer.ranAt, utc);
  return (
    <footer className="foot muted">
      <span role="status">{parts.join(' · ')}</span>
      {answer.resultId !== '' && answer.resultId !== answer.requestId && (
        <a
          {...linkTo(`/r/${encodeURIComponent(answer.resultId)}`)}
          title="This very answer, whatever becomes of the events. What you run is kept; what refreshes by itself is not. Beyond 1 GiB the oldest go."
        >
          kept result
        </a>
      )}
      {answer.notKept !== '' && <span className="badge warn">not kept: {answer.notKept}</span>}
      {gone && <span className="badge warn">{gone}</span>}
      {!answer.complete && <span className="badge warn">part of the data could not be read</span>}
      <span className="grow" />
      <span className="row">
        <button type="button" className="btn small bare" onClick={() => save('result.csv', 'text/csv', toCsv(result))}>
          CSV
        </button>
        <button type="button" className="btn small bare" onClick={() => save('result.json', 'application/json', toJson(result))}>
          JSON
        </button>
      </span>
    </footer>
  );
}
