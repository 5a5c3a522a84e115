import { useState, type SyntheticEvent } from "react";
import { Link } from "react-router";
import { toApiError } from "../../api/problem";
import { login } from "../../api/session";
import { Button } from "../../components/Button";
import { Field, PasswordField } from "../../components/Field";
import { Note } from "../../components/Note";
import { text } from "../../core/text.en";
import { Door, doorStyles as s } from "./Door";
import { faultText } from "./faults";

/** ended: the session was ended elsewhere, which is said first. */
export function SignIn({ ended }: { ended: boolean }) {
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (e: SyntheticEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    setBusy(true);
    setFault(null);
    try {
      await login(field(form, "email").trim(), field(form, "password"));
    } catch (cause) {
      setFault(toApiError(cause).code === "invalid_credentials" ? text.door.wrong : faultText(cause));
      setBusy(false);
    }
  };
  return (
    <Door title={text.door.signIn}>
      {ended && !fault && <Note kind="ok">{text.door.signedOut}</Note>}
      {fault && <Note kind="danger">{fault}</Note>}
      <form className={s.fields} onSubmit={(e) => void submit(e)}>
        <Field label={text.door.email} name="email" type="email" autoComplete="username" required autoFocus />
        <PasswordField label={text.door.password} name="password" autoComplete="current-password" required />
        <Button look="primary" wide type="submit" disabled={busy}>{text.door.signIn}</Button>
      </form>
      <p className={s.swap}>{text.door.newHere} <Link className={s.link} to="/register">{text.door.register}</Link></p>
    </Door>
  );
}

export const field = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
};
