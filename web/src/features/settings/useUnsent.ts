import { text } from "../../core/text.en";
import { useDrafts } from "../../realtime/drafts";
import { useOutbox } from "../../realtime/outboxStore";

/** Says what signing out deletes from this browser; empty if nothing. */
export function useUnsent(): string {
  const drafts = useDrafts((d) => d.byId.size);
  const messages = useOutbox((o) => o.outbox.length);
  return drafts + messages === 0 ? "" : text.settings.unsent(drafts, messages);
}
