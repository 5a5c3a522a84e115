import { LinkifyIt } from "linkify-it";

export type Piece = { text: string; href?: string };

const finder = new LinkifyIt({ fuzzyLink: true, urlAuth: true }).add("ftp:", null).add("//", null);

/**
 * Splits a text into plain pieces and links: http and https, mail addresses, and names that begin with "www.". Other names
 * with a dot are as often a file's. The pieces joined are the text.
 */
export function linkify(s: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { index, lastIndex, schema, raw, url } of finder.match(s) ?? []) {
    if ((schema === "" && !/^www\./i.test(raw)) || !URL.canParse(url)) continue;
    if (index > from) pieces.push({ text: s.slice(from, index) });
    pieces.push({ text: raw, href: new URL(url).href });
    from = lastIndex;
  }
  if (from < s.length) pieces.push({ text: s.slice(from) });
  return pieces;
}
