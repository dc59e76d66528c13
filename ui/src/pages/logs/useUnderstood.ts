import { useEffect, useState } from 'react';

import { post } from '../../api/client';

/** What the server makes of a text of the bar. */
export interface Understood {
  text: string;
  language: 'pattern' | 'filter' | 'insights';
  kind: '' | 'terms' | 'json' | 'fields';
  /** The same as a condition in one line. */
  filter: string;
  /** The same in the languages of CloudWatch; empty where it can't be said there. */
  pattern: string;
  insights: string;
  warning: string;
  error: { message: string; position: number } | null;
}

const pause = 120;

/** Asks what a text is, a moment after it was typed; undefined until that is known. */
export function useUnderstood(text: string): Understood | undefined {
  const [state, setState] = useState<Understood>();
  useEffect(() => {
    if (text.trim() === '') {
      setState(undefined);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      post<Understood>('logs/parse', { text }, abort.signal).then(
        (u) => setState({ ...u, text }),
        () => undefined, // it is a help only; asking for the lines says what is wrong
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return state?.text === text ? state : undefined;
}

/** The language of a text as people call it. */
export function languageWords(u: Understood): string {
  if (u.language === 'filter') return 'fields';
  if (u.language === 'insights') return 'Insights';
  return u.kind === 'json' ? 'JSON pattern' : u.kind === 'fields' ? 'columns pattern' : 'filter pattern';
}
