import { useEffect } from "react";
import { announce } from "../../components/Announcer";
import { firstCodePoints } from "../../core/codePoints";
import type { Message } from "../../core/model";
import { text } from "../../core/text.en";
import { usePeople } from "../../realtime/people";
import { useClient } from "../../realtime/SocketContext";
import { storage } from "../../realtime/storage";

export type Speech = "messages" | "count" | "nothing";
const key = "chat.speech";
const pause = 3_000, spokenLength = 140;

export const speech = (): Speech => (storage.get(key) as Speech | null) ?? "messages";
export const setSpeech = (s: Speech): void => void storage.set(key, s);

/** Tells a screen reader of other people's new messages in the open chat while the tab is visible: one utterance per 3 s. */
export function useSpeech(conversationId: string): void {
  const { sync } = useClient();
  useEffect(() => {
    let waiting: Message[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const speak = () => {
      timer = undefined;
      if (waiting.length === 0) return;
      announce(utterance(waiting));
      waiting = [];
      timer = setTimeout(speak, pause);
    };
    const stop = sync.onLive((m) => {
      if (m.conversation_id !== conversationId || document.visibilityState !== "visible" || speech() === "nothing") return;
      waiting.push(m);
      timer ??= setTimeout(speak, 0);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [conversationId, sync]);
}

function utterance(messages: readonly Message[]): string {
  const { names } = usePeople.getState();
  const name = (m: Message) => names.get(m.sender_id) ?? text.somebody;
  const [only] = messages;
  if (only && messages.length === 1 && speech() === "messages") {
    return text.log.announceOne(name(only), firstCodePoints(only.preview, spokenLength));
  }
  return text.log.announceMany(messages.length, [...new Set(messages.map(name))].join(", "));
}
