// Addresses of pages that several pages lead to.

/** The page of a service, in the range that is shown. */
export function servicePage(name: string, range: { from: string; to: string }): string {
  return `/service/${encodeURIComponent(name)}?${new URLSearchParams({ from: range.from, to: range.to }).toString()}`;
}

/** The errors whose occurrences have a value in a field that the search of the Errors page knows: service, trace_id … */
export function errorsWith(field: string, value: string): string {
  return `/errors?${new URLSearchParams({ tab: 'all', q: `${field}:"${value.replace(/["\\]/g, '\\$&')}"` }).toString()}`;
}
