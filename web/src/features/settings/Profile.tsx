import { useState } from "react";
import { toApiError } from "../../api/problem";
import { updateUser } from "../../api/session";
import { updateMe } from "../../api/users";
import { Button } from "../../components/Button";
import { Field, fieldStyles } from "../../components/Field";
import { Note } from "../../components/Note";
import { text } from "../../core/text.en";
import { people } from "../../realtime/people";
import { useMe } from "../../realtime/SocketContext";
import { faultText } from "../auth/faults";
import s from "./Settings.module.css";

export function Profile() {
  const me = useMe();
  const [name, setName] = useState(me.username);
  const [fault, setFault] = useState<string | null>(null);
  const [saved, setSaved] = useState(false);
  const save = async () => {
    setFault(null);
    setSaved(false);
    try {
      const user = await updateMe(name.trim());
      updateUser(user);
      people.named([user]);
      setSaved(true);
    } catch (cause) {
      const e = toApiError(cause);
      setFault(e.code === "username_taken" ? text.door.nameTaken : e.status === 422 ? text.door.nameInvalid : faultText(cause));
    }
  };
  return (
    <section className={s.section}>
      <h1 className={s.title}>{text.settings.profile}</h1>
      <p className={s.sub}>{text.settings.signedInAs(me.email)}</p>
      {saved && <Note kind="ok">{text.saved}</Note>}
      <form className={fieldStyles.formgrid} onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <Field
          label={text.door.username} value={name} hint={text.door.usernameHint} error={fault} maxLength={100} autoComplete="nickname"
          onChange={(e) => setName(e.target.value)}
        />
        <div><Button look="primary" type="submit" disabled={name.trim() === me.username}>{text.save}</Button></div>
      </form>
    </section>
  );
}
