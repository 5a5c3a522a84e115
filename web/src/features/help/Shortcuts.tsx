import { Dialog, DialogBody } from "../../components/Dialog";
import { text } from "../../core/text.en";
import s from "./Shortcuts.module.css";

const k = text.keys;
const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [k.anywhere, [
    [k.switcher, "Ctrl K"], [k.nextChat, "Alt ↓ ↑"], [k.nextUnread, "Alt Shift ↓ ↑"], [k.newChat, "Alt N"], [k.members, "Alt M"],
    [k.pane, "F6 Shift F6"], [k.help, "Ctrl /"],
  ]],
  [k.composer, [[k.sends, "Enter"], [k.line, "Shift Enter"], [k.leaveComposer, "Esc"], [k.lastMessage, "↑"]]],
  [k.timeline, [[k.move, "↓ ↑"], [k.screen, "PgDn PgUp"], [k.ends, "Home End"], [k.open, "Enter"], [k.retry, "R"], [k.cancel, "Delete"], [k.back, "Esc"]]],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={k.heading} width="wide" onClose={onClose}>
      <DialogBody>
        <div className={s.keys}>
          {groups.map(([heading, rows]) => (
            <section key={heading}>
              <h3 className={s.head}>{heading}</h3>
              {rows.map(([what, keys]) => (
                <p key={what} className={s.row}><span>{what}</span><span>{keys.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}</span></p>
              ))}
            </section>
          ))}
        </div>
      </DialogBody>
    </Dialog>
  );
}
