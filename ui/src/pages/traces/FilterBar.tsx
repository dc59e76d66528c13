import type { ApiError } from '../../api/client';

interface Props {
  field: React.RefObject<HTMLInputElement | null>;
  q: string;
  error: ApiError | undefined;
  onChange: (q: string) => void;
}

/** The filter as text. What is wrong with it is said at the character. */
export function FilterBar({ field, q, error, onChange }: Props): React.ReactElement {
  const at = error?.position;
  return (
    <form
      className="filter"
      role="search"
      aria-label="Traces"
      onSubmit={(e) => {
        e.preventDefault();
        onChange(field.current!.value);
      }}
    >
      <input
        key={q}
        ref={field}
        className={at !== undefined ? 'input bad' : 'input'}
        defaultValue={q}
        aria-label="Filter"
        aria-invalid={at !== undefined}
        aria-describedby={at !== undefined ? 'filter-error' : undefined}
        spellCheck={false}
        placeholder={'Filter by any span:  http.route = "/home" AND duration_ms > 500      press /'}
        onKeyDown={(e) => e.key === 'Escape' && e.currentTarget.blur()}
      />
      {at !== undefined && (
        <p id="filter-error" className="note bad" role="alert">
          <code>
            {cut(q, 0, at)}
            <mark>{cut(q, at, Infinity).slice(0, 1) || ' '}</mark>
            {cut(q, at, Infinity).slice(1)}
          </code>
          <br />
          {error?.message}
        </p>
      )}
    </form>
  );
}

/** Part of a text by byte offsets, which is how the server counts. */
function cut(text: string, from: number, to: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text).slice(from, Math.min(to, text.length * 4)));
}
