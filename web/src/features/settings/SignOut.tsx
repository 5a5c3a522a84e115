import { useState } from "react";
import { logout } from "../../api/session";
import { cx } from "../../components/cx";
import { Confirm } from "../../components/Dialog";
import { Icon } from "../../components/Icon";
import { Note } from "../../components/Note";
import { text } from "../../core/text.en";
import { faultText } from "../auth/faults";
import s from "./Settings.module.css";
import { useUnsent } from "./useUnsent";

/** Ends this session. It asks first when that deletes something that was written and not sent. */
export function SignOut() {
  const unsent = useUnsent();
  const [asking, setAsking] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const signOut = () => {
    setAsking(false);
    logout().catch((cause: unknown) => setFault(faultText(cause)));
  };
  return (
    <>
      <button type="button" className={cx(s.link, s.linkEnd)} onClick={() => (unsent === "" ? signOut() : setAsking(true))}>
        <Icon name="leave" />{text.settings.signOut}
      </button>
      {fault && <Note kind="danger">{fault}</Note>}
      {asking && (
        <Confirm
          title={text.settings.confirmSignOut} body={unsent} action={text.settings.signOut}
          onClose={() => setAsking(false)} onConfirm={signOut}
        />
      )}
    </>
  );
}
