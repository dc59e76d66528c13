// Addresses of pages that several pages lead to.

/** The page of a service, in the range that is shown. */
export function servicePage(name: string, range: { from: string; to: string }): string {
  return `/service/${encodeURIComponent(name)}?${new URLSearchParams({ from: range.from, to: range.to }).toString()}`;
}
