import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { createDM } from "../../api/chats";
import { Badge } from "../../components/Badge";
import { Dialog, DialogBody } from "../../components/Dialog";
import { Tile } from "../../components/Tile";
import { text } from "../../core/text.en";
import { badge } from "../../core/unread";
import { chatName, inOrder, useConversations } from "../../realtime/conversations";
import { useClient } from "../../realtime/SocketContext";
import { faultText } from "../auth/faults";
import { Combobox, Name, type Option } from "./Combobox";
import { usePersonSearch } from "./usePersonSearch";

const most = 8;

/** Goes to a chat by its name, or begins one with a person. */
export function Switcher({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [fault, setFault] = useState("");
  const byId = useConversations((c) => c.byId);
  const { sync } = useClient();
  const navigate = useNavigate();
  const { found, pending, words } = usePersonSearch(query);
  const q = query.trim().toLowerCase();

  const chats = useMemo(() => inOrder(byId).filter((c) => chatName(c.conversation).toLowerCase().includes(q)).slice(0, most), [byId, q]);
  const known = new Set(chats.map((c) => c.conversation.peer?.user_id));
  const go = (id: string) => {
    onClose();
    void navigate(`/c/${id}`);
  };
  const begin = async (userId: string) => {
    try {
      const dm = await createDM(userId);
      sync.met(dm);
      go(dm.conversation_id);
    } catch (cause) {
      setFault(faultText(cause));
    }
  };
  const options: Option[] = [
    ...chats.map((c, i) => ({
      key: c.conversation.conversation_id,
      heading: i === 0 ? text.people.chats : undefined,
      onSelect: () => go(c.conversation.conversation_id),
      content: (
        <>
          <Tile
            id={c.conversation.peer?.user_id ?? c.conversation.conversation_id} name={chatName(c.conversation)} size="small"
            group={c.conversation.type === "GROUP"}
          />
          <Name name={chatName(c.conversation)} query={query} />
          {badge(c.unread) > 0 && <Badge count={badge(c.unread)} words={text.list.unread} />}
        </>
      ),
    })),
    ...found.filter((u) => !known.has(u.user_id)).map((u, i) => ({
      key: u.user_id,
      stale: pending,
      heading: i === 0 ? text.people.startWith : undefined,
      onSelect: () => void begin(u.user_id),
      content: <><Tile id={u.user_id} name={u.username} size="small" /><Name name={u.username} query={query} /></>,
    })),
  ];
  return (
    <Dialog title={text.list.find} width="wide" onClose={onClose}>
      <DialogBody>
        <div>
          <Combobox
            label={text.people.search} query={query} onQuery={setQuery} options={options} pending={pending} listLabel={text.people.chats}
            words={fault || (options.length > 0 && words === text.people.nobody ? text.people.hint : words)}
          />
        </div>
      </DialogBody>
    </Dialog>
  );
}
