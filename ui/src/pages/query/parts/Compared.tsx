import { useMemo } from 'react';

import { BubblePanel } from '../../../query/bubble/BubblePanel';
import type { ValueActions } from '../../../query/bubble/CellMenu';
import { forServer } from '../../../query/bubble/selection';
import type { Question } from '../../../query/question';
import { Splitter } from '../../../widgets/Splitter';
import { baselinesOf } from '../baseline';
import { bodyOf } from '../data';
import type { Answer } from '../result';
import type { QueryState } from '../url';
import type { Pick } from '../usePick';

interface Props {
  env: string;
  dataset: string;
  state: QueryState;
  answer: Answer | undefined;
  question: Question;
  pick: Pick;
  actions: ValueActions;
  /** The question stays as it is: nothing of the selection becomes a part of it. */
  fixed?: boolean;
}

/** BubbleUp beside the page, while something is picked and the panel is open. */
export function Compared({ env, dataset, state, answer, question, pick, actions, fixed }: Props): React.ReactElement {
  const [sel] = state.sel;
  const baselines = useMemo(
    () => (sel && answer ? baselinesOf(question, answer.result, sel, state.base) : []),
    [sel, answer, question, state.base],
  );
  if (!sel || !state.bubble || !answer) return <></>;
  const body = { ...bodyOf(dataset, question, answer), selection: forServer(sel), baseline: state.base };
  return (
    <>
      <Splitter label="Width of BubbleUp" variable="--bubble" fallback={36} least={24} most={60} fromRight />
      <BubblePanel
        runKey={JSON.stringify([env, body])}
        body={body}
        selection={sel}
        baseline={state.base}
        baselines={baselines}
        swap={state.swap}
        actions={actions}
        onBaseline={pick.base}
        onSwap={pick.swap}
        onZoom={fixed ? undefined : pick.zoom}
        onFilter={fixed ? undefined : pick.filter}
        onClose={() => pick.bubble(false)}
      />
    </>
  );
}
