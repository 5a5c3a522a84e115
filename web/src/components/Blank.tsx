import type { ReactNode } from "react";
import s from "./Blank.module.css";

/** A pane with nothing in it: what that means, and what to do. */
export function Blank({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className={s.blank}>
      <svg className={s.art} viewBox="0 0 104 72" aria-hidden="true">
        <path d="M30 14h58M30 28h38" /><path className={s.spine} d="M18 42v16" /><path d="M30 44h50M30 58h24" />
        <path className={s.new} d="M66 58h14" />
      </svg>
      <h1 className={s.title}>{title}</h1>
      {children && <p className={s.text}>{children}</p>}
      {actions && <div className={s.actions}>{actions}</div>}
    </div>
  );
}
