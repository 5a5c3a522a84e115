export type Piece = { text: string; href?: string };

const candidate = /https?:\/\/[^\s<>"'`{}|\\^]+/gi;
const trailing = /[.,;:!?…»”’]+$/;

/**
 * Splits a text into plain pieces and http(s) links. The pieces joined are the text. Punctuation at a link's end stays
 * outside, as does a closing bracket that the link did not open.
 */
export function linkify(s: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of s.matchAll(candidate)) {
    const url = trimmed(match[0]);
    if (!URL.canParse(url)) continue;
    if (match.index > from) pieces.push({ text: s.slice(from, match.index) });
    pieces.push({ text: url, href: new URL(url).href });
    from = match.index + url.length;
  }
  if (from < s.length) pieces.push({ text: s.slice(from) });
  return pieces;
}

function trimmed(url: string): string {
  for (;;) {
    const shorter = url.replace(trailing, "");
    const closing = shorter.at(-1);
    const opening = closing === ")" ? "(" : closing === "]" ? "[" : "";
    if (opening && closing && occurrences(shorter, closing) > occurrences(shorter, opening)) {
      url = shorter.slice(0, -1);
      continue;
    }
    return shorter;
  }
}

const occurrences = (s: string, c: string) => s.split(c).length - 1;
