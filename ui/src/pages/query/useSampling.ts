import { useEffect, useState } from 'react';

import { stream } from '../../api/client';
import { empty, type Question } from '../../query/question';
import { bodyOf } from './data';
import type { Answer, Result } from './result';

/** How many events each stored one of an answer stands for, on the average; undefined where none is sampled, and until it is known. */
export function useSampling(dataset: string, question: Question, answer: Answer): number | undefined {
  const { sampled, result } = answer;
  const wanted = sampled && !question.unweighted;
  const key = wanted ? JSON.stringify([dataset, question.where, question.rest, result.start, result.end]) : '';
  const [found, setFound] = useState<{ key: string; rate: number }>();
  useEffect(() => {
    if (key === '') return;
    const abort = new AbortController();
    const counted = async (unweighted: boolean): Promise<number> => {
      const q: Question = { ...empty(), calcs: [{ op: 'COUNT' }], where: question.where, unweighted };
      let n = 0;
      await stream<{ type: string; result?: Result }>(
        'query',
        { ...bodyOf(dataset, q, answer), quiet: true },
        (line) => (n = Number(line.result?.rows[0]?.[0] ?? n)),
        abort.signal,
      );
      return n;
    };
    Promise.all([counted(false), counted(true)]).then(
      ([stand, stored]) => stored > 0 && setFound({ key, rate: stand / stored }),
      () => undefined, // the foot says that they are sampled
    );
    return () => abort.abort();
    // The key says all that the questions depend on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return found?.key === key ? found.rate : undefined;
}
