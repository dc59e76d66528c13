import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';

export interface MenuItem {
  label: string;
  run: () => void;
  checked?: boolean;
  /** Why it is grey: it can be taken all the same. */
  faint?: string;
  head?: boolean;
}

interface Props {
  label: React.ReactNode;
  name?: string;
  /** What it offers; a function is asked when it opens. */
  items: MenuItem[] | (() => MenuItem[]);
  className?: string;
  title?: string;
  keepOpen?: boolean;
  /** The label is a value, in whatever script: it is read, and cut, from its own beginning. */
  value?: boolean;
}

/** A button that opens a menu: arrows move, Escape closes and gives the focus back. */
export function Menu({ label, name, items, className, title, keepOpen, value }: Props): React.ReactElement {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        title={title}
        dir={value ? 'auto' : undefined}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={name}
        onClick={() => setOpen((o) => !o)}
      >
        {label}
      </button>
      {open && (
        <MenuList
          anchor={button}
          name={name ?? (typeof label === 'string' ? label : '')}
          items={typeof items === 'function' ? items() : items}
          keepOpen={keepOpen ?? false}
          onClose={(back) => {
            setOpen(false);
            if (back) button.current?.focus();
          }}
        />
      )}
    </>
  );
}

interface ListProps {
  /** Where the list hangs: a button, or an empty element at a place on a chart. */
  anchor: React.RefObject<HTMLElement | null>;
  name: string;
  items: MenuItem[];
  keepOpen: boolean;
  onClose: (back: boolean) => void;
}

/** Lies in the browser's top layer, so that no scrolling box can cut it. */
export function MenuList({ anchor, name, items, keepOpen, onClose }: ListProps): React.ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const list = box.current!;
    list.showPopover();
    const a = anchor.current!.getBoundingClientRect();
    const left = Math.min(a.left, innerWidth - list.offsetWidth - 8);
    const below = a.bottom + 4 + list.offsetHeight < innerHeight;
    list.style.left = `${Math.max(left, 8)}px`;
    list.style.top = `${below ? a.bottom + 4 : Math.max(a.top - list.offsetHeight - 4, 8)}px`;
    list.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
  }, [anchor]);
  useEffect(() => {
    const outside = (e: PointerEvent): void => {
      if (!box.current?.contains(e.target as Node) && !anchor.current?.contains(e.target as Node)) onClose(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  });
  const move = (by: number): void => {
    const all = [...box.current!.querySelectorAll<HTMLElement>('[role^=menuitem]')];
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + by + all.length) % all.length]?.focus();
  };
  return (
    <div
      ref={box}
      id={id}
      role="menu"
      tabIndex={-1}
      aria-label={name}
      popover="manual"
      className="menu"
      onKeyDown={(e) => {
        e.stopPropagation();
        if (e.key === 'ArrowDown') move(1);
        else if (e.key === 'ArrowUp') move(-1);
        else if (e.key === 'Escape' || e.key === 'Tab') onClose(true);
        else return;
        e.preventDefault();
      }}
    >
      {items.map((item) =>
        item.head ? (
          <div key={item.label} role="presentation" className="menu-head">
            {item.label}
          </div>
        ) : (
          <button
            key={item.label}
            type="button"
            role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
            aria-checked={item.checked}
            tabIndex={-1}
            onClick={() => {
              if (!keepOpen) onClose(true);
              item.run();
            }}
          >
            {item.checked !== undefined && (
              <span aria-hidden="true" className="tick">
                {item.checked ? '✓' : ''}
              </span>
            )}
            {item.faint ? <span className="faint-item">{item.label}</span> : item.label}
            {item.faint && <span className="muted menu-why">{item.faint}</span>}
          </button>
        ),
      )}
    </div>
  );
}
