import { create } from "zustand";

export type OpenDialog = { kind: "switcher" } | { kind: "create"; group?: boolean } | { kind: "help" } | { kind: "invite"; conversationId: string };

interface UI {
  /** The dialog on screen: one at a time. */
  readonly dialog: OpenDialog | null;
  /** The members pane is wanted; narrow screens show it over the chat. */
  readonly members: boolean;
}

export const useUI = create<UI>(() => ({ dialog: null, members: matchMedia("(min-width: 1100px)").matches }));

export const ui = {
  show: (dialog: OpenDialog) => useUI.setState({ dialog }),
  close: () => useUI.setState({ dialog: null }),
  showMembers: (members: boolean) => useUI.setState({ members }),
  toggleMembers: () => useUI.setState((s) => ({ members: !s.members })),
};
