import { lazy, Suspense } from "react";
import { ui, useUI } from "../features/ui";

const Switcher = lazy(async () => ({ default: (await import("../features/people/Switcher")).Switcher }));
const CreateDialog = lazy(async () => ({ default: (await import("../features/people/CreateDialog")).CreateDialog }));
const InviteDialog = lazy(async () => ({ default: (await import("../features/people/InviteDialog")).InviteDialog }));
const Shortcuts = lazy(async () => ({ default: (await import("../features/help/Shortcuts")).Shortcuts }));

/** The dialog that is wanted, loaded when it first is. */
export function Dialogs() {
  const dialog = useUI((u) => u.dialog);
  return (
    <Suspense>
      {dialog?.kind === "switcher" && <Switcher onClose={ui.close} />}
      {dialog?.kind === "create" && <CreateDialog group={dialog.group ?? false} onClose={ui.close} />}
      {dialog?.kind === "invite" && <InviteDialog conversationId={dialog.conversationId} onClose={ui.close} />}
      {dialog?.kind === "help" && <Shortcuts onClose={ui.close} />}
    </Suspense>
  );
}
