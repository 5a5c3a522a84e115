import { memo } from "react";
import { linkify } from "../../core/links";

/** A text as it is, with its links made clickable. Never markup. */
export const Linked = memo(function Linked({ text }: { text: string }) {
  return linkify(text).map((p, i) =>
    p.href ? <a key={i} href={p.href} target="_blank" rel="noopener noreferrer nofollow">{p.text}</a> : p.text);
});
