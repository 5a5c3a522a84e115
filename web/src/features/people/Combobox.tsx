import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { cx } from "../../components/cx";
import { Field } from "../../components/Field";
import { text } from "../../core/text.en";
import s from "./People.module.css";

export interface Option {
  key: string;
  /** A heading that begins with this option. */
  heading?: string | undefined;
  content: ReactNode;
  onSelect?: (() => void) | undefined;
}

interface ComboboxProps {
  label: string;
  query: string;
  onQuery: (query: string) => void;
  options: readonly Option[];
  /** What there is to say beside, or instead of, the options. */
  words: string;
  listLabel: string;
}

/** A field with a list of what fits: the arrow keys choose, Enter takes. */
export function Combobox({ label, query, onQuery, options, words, listLabel }: ComboboxProps) {
  const id = useId();
  const [chosen, setChosen] = useState(0);
  const index = Math.min(chosen, options.length - 1);
  const onKeyDown = (e: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && options.length > 0) {
      e.preventDefault();
      const next = (index + step + options.length) % options.length;
      setChosen(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (e.key === "Enter" && !e.nativeEvent.isComposing) {
      e.preventDefault();
      options[index]?.onSelect?.();
    }
  };
  return (
    <>
      <Field
        label={label} value={query} data-autofocus autoComplete="off" role="combobox" aria-expanded={options.length > 0} aria-controls={`${id}-list`}
        aria-autocomplete="list" {...(index >= 0 && { "aria-activedescendant": `${id}-${index}` })} hint={words || undefined}
        onChange={(e) => { onQuery(e.target.value); setChosen(0); }} onKeyDown={onKeyDown}
      />
      <p className="sr" role="status">{options.length > 0 ? text.people.found(options.length) : words}</p>
      <ul className={s.results} role="listbox" aria-label={listLabel} id={`${id}-list`}>
        {options.map((o, i) => (
          <li key={o.key} role="none">
            {o.heading && <p className={s.head} aria-hidden="true">{o.heading}</p>}
            <div
              id={`${id}-${i}`} role="option" aria-selected={i === index} className={cx(s.result, i === index && s.on)}
              onMouseMove={() => setChosen(i)} onClick={o.onSelect}
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
  return <span className={cx(s.name, "clip")}>{hit ? <><mark>{name.slice(0, q.length)}</mark>{name.slice(q.length)}</> : name}</span>;
}

export { s as peopleStyles };
