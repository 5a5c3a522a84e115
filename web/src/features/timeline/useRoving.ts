import { useState, type KeyboardEvent, type RefObject } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Row } from "../../core/rows";

interface RovingProps {
  rows: readonly Row[];
  log: RefObject<HTMLElement | null>;
  list: RefObject<VirtualizerHandle | null>;
  onOpen: (row: Row) => void;
  onRetry: (row: Row) => void;
  onCancel: (row: Row) => void;
  /** A letter or Escape goes back to writing. */
  onLeave: () => void;
}

const isMessage = (row: Row | undefined) => row?.kind === "message" || row?.kind === "pending";

/** One tab stop for the timeline: arrows move from message to message, keys act on the one that has focus. */
export function useRoving({ rows, log, list, onOpen, onRetry, onCancel, onLeave }: RovingProps) {
  const [key, setKey] = useState<string | null>(null);
  const held = rows.findIndex((r) => r.key === key);
  const index = held >= 0 ? held : rows.findLastIndex(isMessage);

  const focus = (to: number) => {
    const row = rows[to];
    if (!row || !isMessage(row)) return;
    setKey(row.key);
    list.current?.scrollToIndex(to, { align: "nearest" });
    requestAnimationFrame(() => log.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(row.key)}"]`)?.focus());
  };
  const step = (from: number, by: 1 | -1) => {
    let to = from + by;
    while (rows[to] && !isMessage(rows[to])) to += by;
    focus(to);
  };

  const onKeyDown = (e: KeyboardEvent) => {
    const row = rows[index];
    const onRow = e.target instanceof HTMLElement && e.target.dataset.key !== undefined;
    if (!onRow || !row || e.ctrlKey || e.metaKey || e.altKey) return;
    const act: Record<string, () => void> = {
      ArrowUp: () => step(index, -1),
      ArrowDown: () => step(index, 1),
      Home: () => focus(rows.findIndex(isMessage)),
      End: () => focus(rows.findLastIndex(isMessage)),
      Enter: () => onOpen(row),
      r: () => onRetry(row),
      R: () => onRetry(row),
      Delete: () => onCancel(row),
      Escape: onLeave,
    };
    const known = act[e.key];
    if (known) {
      e.preventDefault();
      known();
    } else if (e.key.length === 1 && e.key !== " ") onLeave(); // the letter lands in the composer
  };

  const onFocus = (e: { target: EventTarget }) => {
    const at = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-key]")?.dataset.key : undefined;
    if (at !== undefined) setKey(at);
  };
  return { index, onKeyDown, onFocus, focusLast: () => focus(rows.findLastIndex(isMessage)) };
}
