/** The colour of a service's mark; grey for what has none. */
export function slotStyle(slot: number): React.CSSProperties {
  return { '--c': slot > 0 ? `var(--s${slot})` : 'var(--line-control)' } as React.CSSProperties;
}
