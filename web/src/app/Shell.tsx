import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { useParams } from "react-router";
import { Announcer } from "../components/Announcer";
import { cx } from "../components/cx";
import { text } from "../core/text.en";
import { List } from "../features/conversations/List";
import { ui, useUI } from "../features/ui";
import { useConversations } from "../realtime/conversations";
import { Dialogs } from "./Dialogs";
import s from "./Shell.module.css";
import { useShortcuts } from "./useShortcuts";

const Members = lazy(async () => ({ default: (await import("../features/members/Members")).Members }));

/** The panes: all chats, the one that is open, its members. Narrow screens show one at a time. */
export function Shell({ view, children }: { view: "list" | "main"; children: ReactNode }) {
  const { id } = useParams();
  const chat = useConversations((c) => (id === undefined ? undefined : c.byId.get(id)));
  const members = useUI((u) => u.members) && chat?.conversation.type === "GROUP";
  useShortcuts();

  // Where the members lie over the chat, another chat is not covered by them.
  useEffect(() => {
    if (!matchMedia("(min-width: 1100px)").matches) ui.showMembers(false);
  }, [id]);

  return (
    <div className={cx(s.shell, members && s.withMembers)} data-view={view}>
      {view === "main" && <a className={s.skip} href="#messages">{text.list.toMessages}</a>}
      <div className={s.list}><List current={id} /></div>
      <main className={s.main}>{children}</main>
      {members && <div className={s.members}><Suspense><Members conversation={chat.conversation} /></Suspense></div>}
      <Announcer />
      <Dialogs />
    </div>
  );
}
