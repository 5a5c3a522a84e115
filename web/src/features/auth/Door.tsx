import type { ReactNode } from "react";
import { Mark } from "../../components/Mark";
import { text } from "../../core/text.en";
import s from "./Door.module.css";

const bars = [[250, "seq"], [168, "seq"], [300, "own"], [132, "own"], [214, "hole"], [276, "seq"], [190, "new"]] as const;

/** The page in front of the app: a form, and beside it what the app promises. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={s.door}>
      <div className={s.form}>
        <p className={s.brand}><Mark />{text.app}</p>
        <div className={s.in}>
          <h1 className={s.title}>{title}</h1>
          {children}
        </div>
        <p className={s.foot}>{text.door.server(location.host)}</p>
      </div>
      <div className={s.side} aria-hidden="true">
        <p className={s.promise}><span>{text.door.promise}</span><span>{text.door.promiseRest}</span></p>
        <svg className={s.art} viewBox="0 0 380 232">
          {bars.map(([width, kind], i) => (
            <g key={width} transform={`translate(0 ${i * 34})`}>
              <text x="0" y="13">{1204 + i}</text>
              <rect className={s[kind]} x="68" y="1" width={width} height="15" rx="3" />
            </g>
          ))}
          <rect className={s.spine} x="52" y="60" width="3" height="68" rx="1.5" />
        </svg>
      </div>
    </main>
  );
}

export { s as doorStyles };
