import { useEffect } from "react";
import { useNavigate, useParams } from "react-router";
import { ui } from "../features/ui";
import { badge } from "../core/unread";
import { inOrder, useConversations } from "../realtime/conversations";

const panes = ["list", "timeline", "composer", "members"];
/** Where focus lands in a pane: the first of these that is there. */
const landing = ["[aria-current]", "textarea", '[data-key][tabindex="0"]', "a", "button"];

/** The keys that work anywhere in the app. None is a single letter, none is the browser's. */
export function useShortcuts(): void {
  const { id } = useParams();
  const navigate = useNavigate();
  useEffect(() => {
    const step = (by: 1 | -1, unreadOnly: boolean) => {
      const all = inOrder(useConversations.getState().byId);
      const at = all.findIndex((c) => c.conversation.conversation_id === id);
      const ahead = by > 0 ? all.slice(at + 1) : all.slice(0, Math.max(at, 0)).reverse();
      const next = ahead.find((c) => !unreadOnly || badge(c.unread) > 0);
      if (next) void navigate(`/c/${next.conversation.conversation_id}`);
    };
    const onKey = (e: KeyboardEvent) => {
      if (document.querySelector("dialog[open]")) return;
      const act = shortcut(e, step);
      if (!act) return;
      e.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [id, navigate]);
}

function shortcut(e: KeyboardEvent, step: (by: 1 | -1, unreadOnly: boolean) => void): (() => void) | undefined {
  const command = e.ctrlKey || e.metaKey;
  if (e.key === "F6") return () => nextPane(e.shiftKey ? -1 : 1);
  if (command && !e.altKey && e.code === "KeyK") return () => ui.show({ kind: "switcher" });
  if (command && !e.altKey && e.key === "/") return () => ui.show({ kind: "help" });
  if (!e.altKey || command) return undefined;
  switch (e.code) {
    case "ArrowUp": return () => step(-1, e.shiftKey);
    case "ArrowDown": return () => step(1, e.shiftKey);
    case "KeyN": return () => ui.show({ kind: "create" });
    case "KeyM": return ui.toggleMembers;
    default: return undefined;
  }
}

/** Moves focus to the next pane that is on screen. */
function nextPane(by: 1 | -1): void {
  const here = panes.flatMap((p) => [...document.querySelectorAll<HTMLElement>(`[data-pane="${p}"]`)]).filter((p) => p.offsetParent !== null);
  const at = here.findIndex((p) => p.contains(document.activeElement));
  const next = here[(at + by + here.length) % here.length];
  const target = landing.map((s) => next?.querySelector<HTMLElement>(s)).find((e) => e);
  target?.focus();
}
