// The few icons of the shell, 16 by 16, thin lines in the text's colour.

const paths = {
  home: 'M2 7.6 8 2.5l6 5.1M3.6 6.4v7h3.2V9.6h2.4v3.8h3.2v-7',
  traces: 'M1.5 3.5h7M4 6.5h8M6.5 9.5h6M6.5 12.5h3',
  query: 'M2 13.5h12M3.5 11V7.5M6.5 11V4M9.5 11V6M12.5 11V2.5',
  logs: 'M2 3.5h2M6 3.5h8M2 6.5h2M6 6.5h5M2 9.5h2M6 9.5h8M2 12.5h2M6 12.5h4',
  errors: 'M8 1.8 14.6 13.6H1.4zM8 6.2v3.4M8 11.6v.2',
  map: 'M2 8a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M10.4 3.5a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M10.4 12.5a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M5.4 7.2l5.2-3M5.4 8.8l5.2 3',
  setup: 'M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.5v4M6 9.5v4',
  sampling: 'M1.8 2.5h12.4L9.6 8.2v5.3L6.4 12V8.2z',
  keys: 'M1.5 4.5h13v7.5h-13zM4 7h.5M7 7h.5M10 7h.5M5 9.7h6',
  theme: 'M8 1.8a6.2 6.2 0 1 0 0 12.4zM8 1.8a6.2 6.2 0 0 1 0 12.4',
} as const;

export type GlyphName = keyof typeof paths | 'oriel';

export function Glyph({ name }: { name: GlyphName }): React.ReactElement {
  if (name === 'oriel') {
    return (
      <svg width="24" height="24" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" fill="none" stroke="var(--accent-fill)" strokeWidth="2" />
        <path d="M4 8h8M8 4v8" stroke="var(--pick)" strokeWidth="1.5" />
      </svg>
    );
  }
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d={paths[name]} fill={name === 'theme' ? 'none' : undefined} />
      {name === 'theme' && <path d="M8 1.8a6.2 6.2 0 1 0 0 12.4z" fill="currentColor" />}
    </svg>
  );
}
