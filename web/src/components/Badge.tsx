import { text } from "../core/text.en";
import s from "./Badge.module.css";

/** An exact number, with words for those who hear it. */
export function Badge({ count, words }: { count: number; words: string }) {
  return <span className={s.badge} data-badge>{text.number(count)}<span className="sr">{words}</span></span>;
}

export function Tag({ children }: { children: string }) {
  return <span className={s.tag}>{children}</span>;
}
