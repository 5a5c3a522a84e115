/** The longest message the server takes, in code points. */
export const maxBody = 100_000;

/** How many Unicode code points a text has: what the server counts. A surrogate pair is one, a lone half is one, too. */
export function codePoints(s: string): number {
  let n = s.length;
  for (let i = 0; i + 1 < s.length; i++) {
    if ((s.charCodeAt(i) & 0xfc00) === 0xd800 && (s.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      n--;
      i++;
    }
  }
  return n;
}

/** The first n code points of a text. */
export function firstCodePoints(s: string, n: number): string {
  if (s.length <= n) return s;
  return Array.from(s.slice(0, 2 * n)).slice(0, n).join("");
}

/** How many bytes a text has in UTF-8: what passwords are limited by. */
export const bytes = (s: string): number => new TextEncoder().encode(s).length;
