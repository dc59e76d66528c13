import { useEffect, useRef, useState } from 'react';

interface Props {
  label: string;
  /** May have to be read first. */
  text: () => string | Promise<string>;
  className?: string;
  title?: string;
}

/** Copies a text and says for a moment that it did. */
export function CopyButton({ label, text, className, title }: Props): React.ReactElement {
  const [said, setSaid] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = (what: string): void => {
    setSaid(what);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(''), 2000);
  };
  return (
    <button
      type="button"
      className={className}
      title={title}
      onClick={() => {
        // Browsers offer the clipboard to secure pages only.
        if (!navigator.clipboard) say('Copy by hand');
        else
          Promise.resolve(text())
            .then((t) => navigator.clipboard.writeText(t))
            .then(
              () => say('Copied'),
              () => say('Not copied'),
            );
      }}
    >
      <span aria-live="polite">{said || label}</span>
    </button>
  );
}
