// What this browser calls itself, so that it finds again what it asked where people have no keys.

const key = 'oriel.browser';

/** A name made up at the first call and kept from then on; another one each time where nothing can be kept. */
export function browserName(): string {
  try {
    const kept = localStorage.getItem(key);
    if (kept && /^[0-9a-f]{32}$/.test(kept)) return kept;
    const name = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
    localStorage.setItem(key, name);
    return name;
  } catch {
    return 'unknown';
  }
}
