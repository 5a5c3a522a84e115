import { useState, type ReactNode, type SyntheticEvent } from "react";
import { Link } from "react-router";
import { toApiError } from "../../api/problem";
import { register } from "../../api/session";
import { Button } from "../../components/Button";
import { Field, PasswordField } from "../../components/Field";
import { Note } from "../../components/Note";
import { bytes } from "../../core/codePoints";
import { text } from "../../core/text.en";
import { Door, doorStyles as s } from "./Door";
import { faultText } from "./faults";
import { field } from "./SignIn";

type Faults = { email?: ReactNode; username?: string; password?: string | undefined; all?: string };

export function Register() {
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);

  const submit = async (e: SyntheticEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    const password = field(form, "password");
    const fault = passwordFault(password);
    setFaults({ password: fault });
    if (fault) return;
    setBusy(true);
    try {
      await register(field(form, "email").trim(), password, field(form, "username").trim());
    } catch (cause) {
      setFaults(registerFaults(cause));
      setBusy(false);
    }
  };
  return (
    <Door title={text.door.register}>
      {faults.all && <Note kind="danger">{faults.all}</Note>}
      <form className={s.fields} onSubmit={(e) => void submit(e)}>
        <Field label={text.door.email} name="email" type="email" autoComplete="username" required autoFocus error={faults.email} />
        <Field
          label={text.door.username} name="username" autoComplete="nickname" required minLength={2} maxLength={100}
          hint={text.door.usernameHint} error={faults.username}
        />
        <PasswordField
          label={text.door.password} name="password" autoComplete="new-password" required hint={text.door.passwordHint}
          error={faults.password}
        />
        <Button look="primary" wide type="submit" disabled={busy}>{text.door.register}</Button>
      </form>
      <p className={s.swap}>{text.door.known} <Link className={s.link} to="/">{text.door.signIn}</Link></p>
    </Door>
  );
}

/** What is wrong with a new password: its limits are bytes, because bcrypt's are. */
export function passwordFault(password: string): string | undefined {
  const length = bytes(password);
  return length < 8 ? text.door.passwordShort : length > 72 ? text.door.passwordLong : undefined;
}

function registerFaults(cause: unknown): Faults {
  const e = toApiError(cause);
  if (e.code === "email_taken") return { email: <>{text.door.emailTaken} <Link className={s.link} to="/">{text.door.signInInstead}</Link></> };
  if (e.code === "username_taken") return { username: text.door.nameTaken };
  if (e.status !== 422) return { all: faultText(cause) };
  const faults: Faults = {};
  for (const { field: name } of e.fields) {
    if (name === "email") faults.email = text.door.emailInvalid;
    if (name === "username") faults.username = text.door.nameInvalid;
    if (name === "password") faults.password = text.door.passwordShort;
  }
  return faults;
}
