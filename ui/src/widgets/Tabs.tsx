interface Props {
  label: string;
  panel: string;
  tabs: readonly (readonly [id: string, title: string])[];
  chosen: string;
  onChoose: (id: string) => void;
}

/** Tabs that arrow keys move between; their panel has an id and is labelled by `tab-ID`. */
export function Tabs({ label, panel, tabs, chosen, onChoose }: Props): React.ReactElement {
  const move = (e: React.KeyboardEvent): void => {
    const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    e.preventDefault();
    e.stopPropagation();
    const at = tabs.findIndex(([id]) => id === chosen);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (!next) return;
    onChoose(next[0]);
    document.getElementById(`tab-${next[0]}`)?.focus();
  };
  return (
    <div role="tablist" aria-label={label} className="tabs">
      {tabs.map(([id, title]) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === chosen}
          aria-controls={id === chosen ? panel : undefined}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => onChoose(id)}
          onKeyDown={move}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
