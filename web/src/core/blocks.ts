/** Lengths in UTF-16 units: a block is ended at a line from `soft` on, at a space from `wide` on, anywhere at `hard`. */
const soft = 4_000, wide = 8_000, hard = 16_000;

/**
 * Cuts a long body into blocks that a browser lays out one by one. The blocks joined are the body; a block that ends
 * with a line break is drawn without it.
 */
export function blocks(body: string): string[] {
  const out: string[] = [];
  let from = 0;
  while (body.length - from > soft) {
    const to = cut(body, from);
    out.push(body.slice(from, to));
    from = to;
  }
  if (from < body.length || out.length === 0) out.push(body.slice(from));
  return out;
}

function cut(body: string, from: number): number {
  const line = body.indexOf("\n", from + soft);
  if (line >= 0 && line < from + wide) return line + 1;
  const space = body.indexOf(" ", from + wide);
  if (space >= 0 && space < from + hard) return space + 1;
  const end = Math.min(from + hard, body.length);
  return end < body.length && (body.charCodeAt(end) & 0xfc00) === 0xdc00 ? end - 1 : end; // never inside a pair
}
