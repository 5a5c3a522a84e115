/** One of the 8 colours of an initials tile: the same for an id everywhere. */
export function tileColour(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  return ((hash ^ (hash >>> 15)) >>> 0) % 8;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
// No name's first letters lie further in; segmenting costs by length.
const letters = (word: string) => Array.from(graphemes.segment(word.slice(0, 100)), (g) => g.segment);

/** The initials of the first two words, or the first two letters of one. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const parts = words.length > 1 ? words.slice(0, 2).flatMap((w) => letters(w).slice(0, 1)) : letters(words[0] ?? "").slice(0, 2);
  return parts.join("").toUpperCase();
}
