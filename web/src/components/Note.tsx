import type { ReactNode } from "react";
import { cx } from "./cx";
import { Icon } from "./Icon";
import s from "./Note.module.css";

/** What a form has to say as a whole: a refusal is spoken at once, good news in its turn. */
export function Note({ kind, children }: { kind: "danger" | "ok"; children: ReactNode }) {
  return (
    <p className={cx(s.note, s[kind])} role={kind === "danger" ? "alert" : "status"}>
      <Icon name={kind === "danger" ? "alert" : "check"} /><span>{children}</span>
    </p>
  );
}
