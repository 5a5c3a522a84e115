import { cx } from "../../components/cx";
import { Icon } from "../../components/Icon";
import { text } from "../../core/text.en";
import s from "./Timeline.module.css";

/** Above the first message there is. */
export function Begin({ name, group }: { name: string; group: boolean }) {
  return <div className={s.start}><strong dir="auto">{name}</strong>{group ? text.log.beginGroup(name) : text.log.beginDM(name)}</div>;
}

/** Between two messages that are here: others are missing. */
export function Gap({ failing, onRetry }: { failing: boolean; onRetry: () => void }) {
  return (
    <div className={s.gap}>
      <div className={s.in}>
        <p className={s.text}>
          <Icon name={failing ? "alert" : "sync"} spin={!failing} />{failing ? text.log.gapFailed : text.log.gap}
          {failing && <button type="button" className={s.try} onClick={onRetry}>{text.link.tryNow}</button>}
        </p>
        <span className={cx(s.bone, s.bone2)} /><span className={cx(s.bone, s.bone3)} />
      </div>
    </div>
  );
}
