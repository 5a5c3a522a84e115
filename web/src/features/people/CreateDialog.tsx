import { useState } from "react";
import { useNavigate } from "react-router";
import { createDM, createGroup } from "../../api/chats";
import type { Conversation, UserName } from "../../api/types";
import { Button } from "../../components/Button";
import { Dialog, DialogBody, DialogFoot } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { Note } from "../../components/Note";
import { Segments } from "../../components/Segments";
import { Tile } from "../../components/Tile";
import { text } from "../../core/text.en";
import { useClient } from "../../realtime/SocketContext";
import { faultText } from "../auth/faults";
import { validTitle } from "../members/GroupDialogs";
import { Combobox, Name, peopleStyles as s } from "./Combobox";
import { usePersonSearch } from "./usePersonSearch";

const mostMembers = 100;

/** Begins a chat with one person, or a group. */
export function CreateDialog({ group, onClose }: { group: boolean; onClose: () => void }) {
  const [kind, setKind] = useState<"one" | "group">(group ? "group" : "one");
  const [title, setTitle] = useState("");
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<readonly UserName[]>([]);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { sync } = useClient();
  const navigate = useNavigate();
  const { found, pending, words } = usePersonSearch(query);
  const full = chosen.length + 1 >= mostMembers;

  const make = async (work: () => Promise<Conversation>) => {
    setFault(null);
    setBusy(true);
    try {
      const c = await work();
      sync.met(c);
      onClose();
      await navigate(`/c/${c.conversation_id}`);
    } catch (cause) {
      setFault(faultText(cause));
      setBusy(false);
    }
  };
  const take = (u: UserName) => {
    if (kind === "one") {
      void make(() => createDM(u.user_id));
      return;
    }
    const held = chosen.some((c) => c.user_id === u.user_id);
    if (!held && full) setFault(text.create.full);
    else setChosen(held ? chosen.filter((c) => c.user_id !== u.user_id) : [...chosen, u]);
  };
  const submit = () => {
    if (!validTitle(title)) setFault(text.create.titleRequired);
    else void make(() => createGroup(title.trim(), chosen.map((u) => u.user_id)));
  };
  const options = found.map((u) => ({
    key: u.user_id,
    stale: pending,
    onSelect: () => take(u),
    content: (
      <>
        <Tile id={u.user_id} name={u.username} size="small" /><Name name={u.username} query={query} />
        {chosen.some((c) => c.user_id === u.user_id) && <span className={s.stateOk}><Icon name="check" small /> {text.people.added}</span>}
      </>
    ),
  }));
  return (
    <Dialog title={text.create.heading} onClose={onClose}>
      <DialogBody>
        <Segments
          label={text.create.heading} value={kind} onChange={(k) => { setKind(k); setFault(null); }}
          options={[["one", text.create.one], ["group", text.create.group]]}
        />
        {fault && <Note kind="danger">{fault}</Note>}
        {kind === "group" && (
          <>
            <Field label={text.create.title} value={title} onChange={(e) => setTitle(e.target.value)} />
            {chosen.length > 0 && (
              <ul className={s.chips} aria-label={text.create.people}>
                {chosen.map((u) => (
                  <li key={u.user_id} className={s.chip}>
                    <bdi>{u.username}</bdi>
                    <button type="button" aria-label={text.people.remove(u.username)} onClick={() => take(u)}><Icon name="x" small /></button>
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
        <div>
          <Combobox label={text.people.search} query={query} onQuery={setQuery} options={options} pending={pending} words={words} listLabel={text.create.people} />
        </div>
      </DialogBody>
      {kind === "group" && (
        <DialogFoot note={text.create.count(chosen.length + 1)}>
          <Button look="primary" disabled={busy} onClick={submit}>{text.create.create}</Button>
        </DialogFoot>
      )}
    </Dialog>
  );
}
