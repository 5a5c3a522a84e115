/** One of the 8 colours of an initials tile: the same for an id everywhere. */
export function tileColour(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  return ((hash ^ (hash >>> 15)) >>> 0) % 8;
}

/** The initials of the first two words, or the first two letters of one. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? words.slice(0, 2).map((w) => Array.from(w)[0] ?? "") : Array.from(words[0] ?? "").slice(0, 2);
  return letters.join("").toLocaleUpperCase();
}
