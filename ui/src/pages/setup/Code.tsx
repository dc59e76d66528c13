import { CopyButton } from '../../widgets/CopyButton';

/** Text to copy. */
export function Code({ text, name }: { text: string; name: string }): React.ReactElement {
  return (
    <div className="code">
      {/* It scrolls sideways, so it must be reached by key. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} role="region" aria-label={name}>
        {text}
      </pre>
      <CopyButton className="btn small" label="Copy" title={`Copy: ${name}`} text={() => text} />
    </div>
  );
}
