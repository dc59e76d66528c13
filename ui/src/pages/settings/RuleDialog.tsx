import { useId, useMemo, useState } from 'react';

import { whyOf } from '../../api/client';
import { xray, type SamplingRule } from '../../api/xray';
import { DryRunPart } from './DryRunPart';
import { defaultName, dryRule, fieldOf, patterns, ruleOf, type Draft, type Field } from './rules';
import { Dialog, DialogFoot, DialogHead } from '../../widgets/Dialog';

interface Props {
  /** The rule that is edited; none for a new one. */
  rule: SamplingRule | undefined;
  draft: Draft;
  taken: readonly string[];
  onClose: () => void;
  onKept: (name: string) => void;
}

/** Takes a boost away: what a change leaves out stays. */
const noBoost = { MaxRate: 0, CooldownWindowMinutes: 0 };

/** Edits a rule; beside it stands what it would do to the last hour's requests. */
export function RuleDialog({ rule, draft: first, taken, onClose, onKept }: Props): React.ReactElement {
  const [draft, setDraft] = useState(first);
  const [refused, setRefused] = useState('');
  const [tried, setTried] = useState('');
  const [busy, setBusy] = useState(false);
  const isDefault = rule?.RuleName === defaultName;
  const { rule: meant, mistakes } = useMemo(() => ruleOf(draft), [draft]);
  if (!rule && taken.includes(meant.RuleName)) mistakes.name = 'a rule of this name is there already';
  const wrong = Object.keys(mistakes).length > 0;
  const ask = useMemo(() => (wrong ? '' : JSON.stringify({ rule: dryRule(meant) })), [wrong, meant]);
  const message = refused || (wrong ? '' : tried);
  const place = message === '' ? undefined : fieldOf(message);
  const at = (field: Field): string => mistakes[field] ?? (place === field ? message : '');
  const field = (name: Field) => ({
    value: draft[name],
    error: at(name),
    onChange: (value: string) => {
      setDraft({ ...draft, [name]: value });
      setRefused('');
    },
  });
  const keep = (): void => {
    setBusy(true);
    setRefused('');
    const done = rule
      ? xray('UpdateSamplingRule', {
          SamplingRuleUpdate: isDefault
            ? { RuleName: rule.RuleName, FixedRate: meant.FixedRate, ReservoirSize: meant.ReservoirSize }
            : { ...(rule.SamplingRateBoost && { SamplingRateBoost: noBoost }), ...meant },
        })
      : xray('CreateSamplingRule', { SamplingRule: { ...meant, Version: 1 } });
    done
      .then(
        () => onKept(meant.RuleName),
        (e: unknown) => setRefused(whyOf(e)),
      )
      .finally(() => setBusy(false));
  };
  const title = rule ? `Rule ${rule.RuleName}` : 'New sampling rule';
  return (
    <Dialog name={title} className="sdialog" onClose={onClose}>
      <DialogHead title={title} />
      <div className="scolumns">
        <form
          noValidate
          onSubmit={(e) => {
            e.preventDefault();
            if (!wrong && !busy) keep();
          }}
        >
          {isDefault && <p className="muted">It holds for what no other rule matches, so only how much it keeps can be changed.</p>}
          {!rule && <Text label="Name" {...field('name')} hint="never changes" />}
          {!isDefault && <Text label="Priority" {...field('priority')} hint="lower is looked at first" />}
          <div className="spair">
            <Text label="Reservoir" {...field('reservoir')} hint="a second, always kept" />
            <Text label="Rate in percent" {...field('rate')} hint="of all others" />
          </div>
          {!isDefault && (
            <fieldset>
              <legend>
                For requests with <span className="muted">(* is any text, ? one character)</span>
              </legend>
              <div className="spair">
                {patterns.map(([name, , label]) => (
                  <Text key={name} label={label} {...field(name)} mono />
                ))}
              </div>
              <Text label="Attributes" {...field('attributes')} hint="a line each: key=pattern" mono rows={2} />
            </fieldset>
          )}
          {!isDefault && (
            <fieldset>
              <legend>
                More at anomalies{' '}
                <span className="muted">(for a minute, while a client tells of failed or slow requests that it did not keep)</span>
              </legend>
              <div className="spair">
                <Text label="Up to percent" {...field('boost')} hint="empty: never more" />
                <Text label="Minutes between" {...field('cooldown')} hint="two such times" />
              </div>
            </fieldset>
          )}
          {message && !place && (
            <p className="error-text" role="alert">
              {message}
            </p>
          )}
          <div className="row">
            <span className="grow" />
            <button type="button" className="btn" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" className="btn primary" disabled={wrong || busy}>
              {rule ? 'Keep' : 'Make it'}
            </button>
          </div>
        </form>
        <DryRunPart ask={ask} onError={setTried} />
      </div>
    </Dialog>
  );
}

interface TextProps {
  label: string;
  value: string;
  error: string;
  onChange: (value: string) => void;
  hint?: string;
  mono?: boolean;
  rows?: number;
}

function Text({ label, value, error, onChange, hint, mono, rows }: TextProps): React.ReactElement {
  const id = useId();
  const shared = {
    id,
    className: `input${mono ? ' mono' : ''}${error ? ' bad' : ''}`,
    value,
    spellCheck: false,
    autoComplete: 'off',
    'aria-invalid': error !== '',
    'aria-describedby': `${id}-about`,
    onChange: (e: { target: { value: string } }) => onChange(e.target.value),
  };
  return (
    <div className="sfield">
      <label htmlFor={id}>{label}</label>
      {rows ? <textarea rows={rows} {...shared} /> : <input {...shared} />}
      <span id={`${id}-about`} className={error ? 'error-text' : 'muted'} role={error ? 'alert' : undefined}>
        {error || hint}
      </span>
    </div>
  );
}

/** Asks before a rule goes, and says what its requests come to then. */
export function DeleteRule({ name, onClose, onGone }: { name: string; onClose: () => void; onGone: () => void }): React.ReactElement {
  const [error, setError] = useState('');
  const [tried, setTried] = useState('');
  return (
    <Dialog name={`Delete ${name}`} className="sdelete" onClose={onClose}>
      <h2>Delete {name}?</h2>
      <p>Clients stop using it within seconds. Its requests go to the next rule that matches them.</p>
      <DryRunPart ask={JSON.stringify({ remove: name })} onError={setTried} />
      <DialogFoot
        yes="Delete"
        error={error || tried}
        onYes={() => void xray('DeleteSamplingRule', { RuleName: name }).then(onGone, (e: unknown) => setError(whyOf(e)))}
      />
    </Dialog>
  );
}
