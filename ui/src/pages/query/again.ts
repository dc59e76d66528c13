import { fromSpec } from '../../query/spec';
import { every } from './data';
import { addressOf, encodeQuestion, rangeOf } from './url';

/** The address that asks a past question again. */
export function askAgain(run: { query: Record<string, unknown>; dataset: string }): string {
  const dataset = run.dataset || every;
  try {
    const { question, span } = fromSpec(run.query);
    return addressOf(dataset, { ...encodeQuestion(question), ...rangeOf(span) });
  } catch {
    return addressOf(dataset, { query: JSON.stringify(run.query) }); // the page says what is wrong with it
  }
}
