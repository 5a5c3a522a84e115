import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { text } from "../core/text.en";
import { Button, IconButton } from "./Button";
import { cx } from "./cx";
import s from "./Dialog.module.css";

interface DialogProps {
  title: string;
  sub?: string | undefined;
  width?: "wide" | "small";
  /** Its own head: the title is then only heard. */
  bare?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A modal dialog: the browser's own, which keeps focus inside, makes the rest inert, closes on Escape and gives focus back.
 * What has data-autofocus gets the focus; React's autoFocus would take it before the dialog knows whom to give it back to.
 * (Libraries that do this insert style elements, which the page's policy forbids.)
 */
export function Dialog({ title, sub, width, bare, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => { // before the dialog leaves the document: only then focus goes back to the opener
    const dialog = ref.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref} className={cx(s.dialog, width && s[width])} aria-labelledby={id}
      onCancel={(e) => { e.preventDefault(); onClose(); }}
      onMouseDown={(e) => e.target === e.currentTarget && onClose()}
    >
      <div className={s.inner}>
        {bare ? <h2 id={id} className="sr">{title}</h2> : (
          <header className={s.head}>
            <div className={s.text}><h2 id={id} className={s.title}>{title}</h2>{sub && <p className={s.sub}>{sub}</p>}</div>
            <IconButton icon="x" label={text.close} onClick={onClose} />
          </header>
        )}
        {children}
      </div>
    </dialog>
  );
}

export const DialogBody = ({ children }: { children: ReactNode }) => <div className={s.body}>{children}</div>;

export const DialogFoot = ({ note, children }: { note?: string; children: ReactNode }) => (
  <footer className={s.foot}>{note !== undefined && <p className={s.footNote}>{note}</p>}{children}</footer>
);

interface ConfirmProps {
  title: string;
  body: string;
  stay?: string;
  action: string;
  onClose: () => void;
  onConfirm: () => void;
}

/** Asks before what cannot be undone. */
export function Confirm({ title, body, stay = text.cancel, action, onClose, onConfirm }: ConfirmProps) {
  return (
    <Dialog title={title} width="small" onClose={onClose}>
      <DialogBody><p>{body}</p></DialogBody>
      <DialogFoot>
        <Button data-autofocus onClick={onClose}>{stay}</Button>
        <Button look="danger" onClick={onConfirm}>{action}</Button>
      </DialogFoot>
    </Dialog>
  );
}
