import type { VirtualizerHandle } from "virtua";
import type { Row } from "../../core/rows";

/** How many px from the end still count as the end. */
export const nearEnd = 48;

/** Whether the new rows are the old ones with older messages in front. */
export function prepended(old: readonly Row[], rows: readonly Row[]): boolean {
  const first = (all: readonly Row[]) => all.find((r) => r.kind === "message")?.message.seq;
  const before = first(old), after = first(rows);
  return before !== undefined && after !== undefined && after < before && old.at(-1)?.key === rows.at(-1)?.key;
}

/** The seq of the last message that is on screen as a whole, or fills it. */
export function lastSeenSeq(rows: readonly Row[], v: VirtualizerHandle, below: number): number {
  const bottom = v.scrollOffset + v.viewportSize;
  let index = below < nearEnd ? rows.length - 1 : v.findItemIndex(bottom - 1);
  if (below >= nearEnd && v.getItemOffset(index) + v.getItemSize(index) > bottom + 8 && v.getItemOffset(index) > v.scrollOffset) index--;
  for (; index >= 0; index--) {
    const row = rows[index];
    if (row?.kind === "message") return row.message.seq;
  }
  return 0;
}
