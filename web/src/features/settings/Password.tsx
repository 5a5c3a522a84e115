import { useState } from "react";
import { toApiError } from "../../api/problem";
import { changePassword } from "../../api/users";
import { Button } from "../../components/Button";
import { fieldStyles, PasswordField } from "../../components/Field";
import { Note } from "../../components/Note";
import { text } from "../../core/text.en";
import { faultText } from "../auth/faults";
import { passwordFault } from "../auth/Register";
import s from "./Settings.module.css";

export function Password() {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [fault, setFault] = useState<{ old?: string; fresh?: string | undefined }>({});
  const [changed, setChanged] = useState(false);
  const change = async () => {
    setChanged(false);
    const wrong = passwordFault(fresh);
    setFault({ fresh: wrong });
    if (wrong) return;
    try {
      await changePassword(old, fresh);
      setChanged(true);
      setOld("");
      setFresh("");
    } catch (cause) {
      setFault(toApiError(cause).code === "invalid_credentials" ? { old: text.settings.wrongPassword } : { fresh: faultText(cause) });
    }
  };
  return (
    <section className={s.section}>
      <h1 className={s.title}>{text.settings.password}</h1>
      <p className={s.sub}>{text.settings.passwordText}</p>
      {changed && <Note kind="ok">{text.settings.changed}</Note>}
      <form className={fieldStyles.formgrid} onSubmit={(e) => { e.preventDefault(); void change(); }}>
        <PasswordField label={text.settings.current} autoComplete="current-password" required value={old} error={fault.old} onChange={(e) => setOld(e.target.value)} />
        <PasswordField
          label={text.settings.fresh} autoComplete="new-password" required value={fresh} hint={text.door.passwordHint} error={fault.fresh}
          onChange={(e) => setFresh(e.target.value)}
        />
        <div><Button look="primary" type="submit">{text.settings.change}</Button></div>
      </form>
    </section>
  );
}
