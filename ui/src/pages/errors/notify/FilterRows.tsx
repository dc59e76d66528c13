import { levels } from '../../../api/errors';
import { filterTypes, freshFilter, hasValue, typesFor, type Filter, type Trigger } from './rules';

interface Props {
  trigger: Trigger;
  filters: Filter[];
  environments: string[];
  editable: boolean;
  onChange: (filters: Filter[]) => void;
}

/** The conditions of a rule, all of which must be true. */
export function FilterRows({ trigger, filters, environments, editable, onChange }: Props): React.ReactElement {
  const types = typesFor(trigger);
  const change = (at: number, f: Filter): void => onChange(filters.map((old, i) => (i === at ? f : old)));
  return (
    <fieldset disabled={!editable}>
      <legend>
        Only if <span className="muted">{filters.length > 1 ? 'all of these are true' : ''}</span>
      </legend>
      {filters.length === 0 && <p className="muted">Always: add a condition to be told of less.</p>}
      {filters.map((f, i) => {
        const type = filterTypes.find((t) => t.type === f.type);
        const misplaced = !types.some((t) => t.type === f.type);
        return (
          <div key={i} className="nfilter">
            <select className="input" aria-label="What is compared" value={f.type} onChange={(e) => change(i, freshFilter(e.target.value))}>
              {misplaced && <option value={f.type}>{type?.name ?? f.type} (not with this)</option>}
              {types.map((t) => (
                <option key={t.type} value={t.type}>
                  {t.name}
                </option>
              ))}
            </select>
            {f.type === 'path' && (
              <input
                className="input mono"
                aria-label="Path in the payload"
                placeholder="body.custom.tier"
                spellCheck={false}
                value={f.path ?? ''}
                onChange={(e) => change(i, { ...f, path: e.target.value })}
              />
            )}
            <select className="input" aria-label="How" value={f.operation} onChange={(e) => change(i, { ...f, operation: e.target.value })}>
              {(type?.operations ?? []).map(([id, words]) => (
                <option key={id} value={id}>
                  {words}
                </option>
              ))}
            </select>
            {hasValue(f) && <Value filter={f} environments={environments} onChange={(value) => change(i, { ...f, value })} />}
            <button
              type="button"
              className="btn small bare"
              aria-label="Remove the condition"
              onClick={() => onChange(filters.filter((_, k) => k !== i))}
            >
              ×
            </button>
          </div>
        );
      })}
      <button
        type="button"
        className="btn small nadd"
        onClick={() =>
          onChange([...filters, freshFilter(types.find((t) => !filters.some((f) => f.type === t.type))?.type ?? types[0]!.type)])
        }
      >
        Add a condition
      </button>
    </fieldset>
  );
}

function Value({
  filter,
  environments,
  onChange,
}: {
  filter: Filter;
  environments: string[];
  onChange: (v: string) => void;
}): React.ReactElement {
  if (filter.type === 'level') {
    return (
      <select className="input" aria-label="Level" value={String(filter.value)} onChange={(e) => onChange(e.target.value)}>
        {levels.map((l) => (
          <option key={l}>{l}</option>
        ))}
      </select>
    );
  }
  return (
    <>
      <input
        className="input"
        aria-label="Value"
        spellCheck={false}
        list={filter.type === 'environment' ? 'nenvironments' : undefined}
        value={String(filter.value ?? '')}
        onChange={(e) => onChange(e.target.value)}
      />
      {filter.type === 'environment' && (
        <datalist id="nenvironments">
          {environments.map((e) => (
            <option key={e} value={e} />
          ))}
        </datalist>
      )}
    </>
  );
}
