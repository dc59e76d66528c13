/** The character of a text at a byte, which is how the server counts. */
export function charAt(text: string, byte: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(text).slice(0, byte)).length;
}
