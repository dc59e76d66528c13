import './settings.css';

import { useCallback, useEffect, useState } from 'react';

import { samplingRules, samplingSummaries, type SamplingRule } from '../../api/xray';
import { useLoad } from '../../api/useLoad';
import { useKeys } from '../../app/keys';
import { useAddress } from '../../app/location';
import { Menu } from '../../widgets/Menu';
import { say } from '../../widgets/Toasts';
import { DeleteRule, RuleDialog } from './RuleDialog';
import { cloneOf, defaultName, draftOf, matchers, newDraft, percent, trends, type Draft, type Trend } from './rules';
import { TrendBars } from './TrendBars';

const refreshMs = 10_000;

interface Editing {
  rule: SamplingRule | undefined;
  draft: Draft;
}

/** Settings › Sampling: which requests clients record. */
export default function SettingsPage(): React.ReactElement {
  const env = useAddress().searchParams.get('env') ?? '';
  const [turn, setTurn] = useState(0);
  const [beat, setBeat] = useState(0);
  const [editing, setEditing] = useState<Editing>();
  const [deleting, setDeleting] = useState('');
  const list = useLoad(`sampling rules ${env} ${turn}`, samplingRules);
  const reported = useLoad(`sampling trends ${env} ${turn} ${beat}`, async (signal) => trends(await samplingSummaries(signal), Date.now()));
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const rules = list.data ?? [];
  const create = (): void => setEditing({ rule: undefined, draft: newDraft(rules) });
  useEffect(() => {
    document.title = 'Sampling · Oriel';
    const timer = setInterval(() => !document.hidden && setBeat((n) => n + 1), refreshMs);
    return () => clearInterval(timer);
  }, []);
  useKeys('Sampling', { c: ['make a sampling rule', create], r: ['look again', again] });
  return (
    <div className="page sampling" aria-busy={list.loading}>
      <div className="row wrap">
        <h1 className="grow">
          <span className="muted">Settings ›</span> Sampling
        </h1>
        <button type="button" className="btn" onClick={again} title="Look again (r)">
          Refresh
        </button>
        <button type="button" className="btn primary" onClick={create} disabled={!list.data} title="New rule (c)">
          New rule
        </button>
      </div>
      <p className="muted">
        X-Ray’s SDKs, and OpenTelemetry’s with X-Ray’s remote sampler, ask here what to record and follow a change within seconds. The first
        rule that matches a request decides: so many a second are always kept (the reservoir), and of all others a share.
      </p>
      {(list.error ?? reported.error) && (
        <p className="note bad" role="alert">
          {(list.error ?? reported.error)!.message}
        </p>
      )}
      {list.data && (
        <RuleTable
          rules={rules}
          reported={reported.data}
          onEdit={(rule) => setEditing({ rule, draft: draftOf(rule) })}
          onClone={(r) => setEditing({ rule: undefined, draft: cloneOf(r, rules) })}
          onDelete={setDeleting}
        />
      )}
      {editing && (
        <RuleDialog
          {...editing}
          taken={rules.map((r) => r.RuleName)}
          onClose={() => setEditing(undefined)}
          onKept={(name) => {
            say(`${name} holds from now on; clients follow within seconds.`);
            setEditing(undefined);
            again();
          }}
        />
      )}
      {deleting && (
        <DeleteRule
          name={deleting}
          onClose={() => setDeleting('')}
          onGone={() => {
            say(`${deleting} is deleted.`);
            setDeleting('');
            again();
          }}
        />
      )}
    </div>
  );
}

interface TableProps {
  rules: readonly SamplingRule[];
  reported: Map<string, Trend> | undefined;
  onEdit: (r: SamplingRule) => void;
  onClone: (r: SamplingRule) => void;
  onDelete: (name: string) => void;
}

function RuleTable({ rules, reported, onEdit, onClone, onDelete }: TableProps): React.ReactElement {
  return (
    // It scrolls, so it must be reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="srules" tabIndex={0} role="region" aria-label="Sampling rules">
      <table>
        <thead>
          <tr>
            <th className="num">Priority</th>
            <th>Rule</th>
            <th>For requests with</th>
            <th className="num">Reservoir</th>
            <th className="num">Rate</th>
            <th>
              Last ten minutes{' '}
              <span className="slegend">
                <i className="requests" /> requests <i className="sampled" /> sampled <i className="borrowed" /> borrowed
              </span>
            </th>
            <th>
              <span className="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((r) => (
            <tr key={r.RuleName}>
              <td className="num">{r.RuleName === defaultName ? <span className="muted">last</span> : r.Priority}</td>
              <td>
                <button type="button" className="link sname" onClick={() => onEdit(r)}>
                  {r.RuleName}
                </button>
              </td>
              <td>
                <Matchers rule={r} />
              </td>
              <td className="num">{r.ReservoirSize}/s</td>
              <td className="num">{percent(r.FixedRate)}&thinsp;%</td>
              <td>{reported && <TrendBars trend={reported.get(r.RuleName)} name={r.RuleName} />}</td>
              <td className="sactions">
                <Menu
                  className="btn small bare"
                  label="⋯"
                  name={`What to do with ${r.RuleName}`}
                  items={[
                    { label: 'Edit', run: () => onEdit(r) },
                    { label: 'Clone', run: () => onClone(r) },
                    ...(r.RuleName === defaultName ? [] : [{ label: 'Delete…', run: () => onDelete(r.RuleName) }]),
                  ]}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Matchers({ rule }: { rule: SamplingRule }): React.ReactElement {
  const list = matchers(rule);
  return (
    <span className="smatchers">
      {list.length === 0 && <span className="muted">{rule.RuleName === defaultName ? 'whatever no other rule matches' : 'anything'}</span>}
      {list.map(([name, pattern]) => (
        <span key={name}>
          <span className="muted">{name}</span> <code>{pattern}</code>
        </span>
      ))}
      {rule.SamplingRateBoost && (
        <span className="badge fold">
          up to {percent(rule.SamplingRateBoost.MaxRate)}&thinsp;% at anomalies, once in {rule.SamplingRateBoost.CooldownWindowMinutes} min
        </span>
      )}
    </span>
  );
}
