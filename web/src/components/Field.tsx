import { useId, useState, type InputHTMLAttributes, type ReactNode, type Ref } from "react";
import { text } from "../core/text.en";
import { TextButton } from "./Button";
import s from "./Field.module.css";
import { Icon } from "./Icon";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string | undefined;
  /** What is wrong with the value. */
  error?: ReactNode;
  inside?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export function Field({ label, hint, error, inside, ...input }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={s.field}>
      <label className={s.label} htmlFor={id}>{label}</label>
      <span className={s.box}>
        <input
          dir="auto" {...input} id={id} className={s.input}
          {...(error ? { "aria-invalid": true } : {})} {...(described ? { "aria-describedby": described } : {})}
        />
        {inside}
      </span>
      {hint && <p className={s.hint} id={`${id}-hint`}>{hint}</p>}
      {error && <p className={s.error} id={`${id}-error`}><Icon name="alert" /><span>{error}</span></p>}
    </div>
  );
}

/** A password, with a button that shows it. */
export function PasswordField(props: FieldProps) {
  const [shown, setShown] = useState(false);
  const toggle = (
    <TextButton className={s.inside} aria-label={text.door.showPassword} aria-pressed={shown} onClick={() => setShown(!shown)}>
      {shown ? text.door.hide : text.door.show}
    </TextButton>
  );
  return <Field {...props} type={shown ? "text" : "password"} inside={toggle} />;
}

export { s as fieldStyles };
