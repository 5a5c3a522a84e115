import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { cx } from "../../components/cx";
import { Field } from "../../components/Field";
import { composes } from "../../components/keys";
import { text } from "../../core/text.en";
import s from "./People.module.css";

export interface Option {
  key: string;
  /** A heading that begins with this option. */
  heading?: string | undefined;
  content: ReactNode;
  /** It answers an older query: it is shown and cannot be chosen by key. */
  stale?: boolean;
  onSelect?: (() => void) | undefined;
}

interface ComboboxProps {
  label: string;
  query: string;
  onQuery: (query: string) => void;
  options: readonly Option[];
  /** Options for this query are still on their way. */
  pending: boolean;
  /** What there is to say beside, or instead of, the options. */
  words: string;
  listLabel: string;
}

/** A field with a list of what fits: the arrow keys choose, Enter takes; it waits for the answer when there is none yet. */
export function Combobox({ label, query, onQuery, options, pending, words, listLabel }: ComboboxProps) {
  const id = useId();
  const [chosen, setChosen] = useState(0);
  const entered = useRef(false);
  const fresh = options.flatMap((o, i) => (o.stale ? [] : [i]));
  const active = Math.min(chosen, fresh.length - 1);
  const index = fresh[active];
  const take = () => {
    if (index === undefined) entered.current = pending;
    else options[index]?.onSelect?.();
  };
  useEffect(() => {
    if (!entered.current || pending) return;
    entered.current = false;
    take();
  });
  const onKeyDown = (e: KeyboardEvent) => {
    if (composes(e)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && fresh.length > 0) {
      e.preventDefault();
      const next = (active + step + fresh.length) % fresh.length;
      setChosen(next);
      document.getElementById(`${id}-${fresh[next]}`)?.scrollIntoView({ block: "nearest" });
    } else if (e.key === "Enter") {
      e.preventDefault();
      take();
    }
  };
  return (
    <>
      <Field
        label={label} value={query} data-autofocus autoComplete="off" role="combobox" aria-expanded={options.length > 0} aria-controls={`${id}-list`}
        aria-autocomplete="list" {...(index !== undefined && { "aria-activedescendant": `${id}-${index}` })} hint={words || undefined}
        onChange={(e) => { onQuery(e.target.value); setChosen(0); entered.current = false; }} onKeyDown={onKeyDown}
      />
      <p className="sr" role="status">{options.length > 0 ? text.people.found(options.length) : words}</p>
      <ul className={s.results} role="listbox" aria-label={listLabel} id={`${id}-list`}>
        {options.map((o, i) => (
          <li key={o.key} role="none">
            {o.heading && <p className={s.head} aria-hidden="true">{o.heading}</p>}
            <div
              id={`${id}-${i}`} role="option" aria-selected={i === index} className={cx(s.result, i === index && s.on)}
              onMouseMove={() => setChosen(Math.max(0, fresh.indexOf(i)))} onClick={o.onSelect}
            >
              {o.content}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A name with the part that was searched for marked. */
export function Name({ name, query }: { name: string; query: string }) {
  const q = query.trim();
  const hit = q !== "" && name.toLowerCase().startsWith(q.toLowerCase());
  return <span className={cx(s.name, "clip")} dir="auto">{hit ? <><mark>{name.slice(0, q.length)}</mark>{name.slice(q.length)}</> : name}</span>;
}

export { s as peopleStyles };
