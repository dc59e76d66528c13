// What a selection can be compared with.
import { sameBaseline, rest, type Baseline, type BaselineChoice, type Selection } from '../../query/bubble/selection';
import type { Cell } from '../../query/cell';
import type { Question } from '../../query/question';
import { groupId, groupLabel, type Result } from './result';

/** More groups would not help in a menu. */
const most = 20;

/** Everything else, the period before, and the groups of the result that are not picked. */
export function baselinesOf(q: Question, result: Result, sel: Selection, now: Baseline): BaselineChoice[] {
  const out: BaselineChoice[] = [
    { label: 'everything else in view', baseline: rest },
    { label: 'the period before', baseline: { type: 'previous' } },
  ];
  const picked = new Set(sel.type === 'groups' ? sel.groups.map((g) => groupId(q.by.map((f) => g[f] ?? null))) : []);
  const keys = q.by.length > 0 ? result.rows.map((r) => r.slice(0, result.breakdowns)) : [];
  for (const key of keys.filter((k) => !picked.has(groupId(k))).slice(0, most)) out.push(choiceOf(q.by, key));
  // One that the link names and the result does not show is still what is compared with.
  if (now.type === 'groups' && !out.some((c) => sameBaseline(c.baseline, now)))
    out.push({ label: groupLabel(Object.values(now.groups[0] ?? {})), baseline: now });
  return out;
}

function choiceOf(by: string[], key: Cell[]): BaselineChoice {
  const group = Object.fromEntries(by.map((field, i) => [field, key[i] ?? null]));
  return { label: groupLabel(key), baseline: { type: 'groups', groups: [group] } };
}
