import { cx } from "./cx";
import s from "./Segments.module.css";

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

/** One of a few, side by side: a radio group, moved through with the arrow keys. */
export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  const move = (e: React.KeyboardEvent, index: number) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    const next = step && options[(index + step + options.length) % options.length];
    if (!next) return;
    e.preventDefault();
    onChange(next[0]);
    (e.currentTarget.parentElement?.querySelector(`[data-value="${next[0]}"]`) as HTMLElement | null)?.focus();
  };
  return (
    <div className={cx(s.tabs, s.seg)} role="radiogroup" aria-label={label}>
      {options.map(([option, words], i) => (
        <button
          key={option} type="button" role="radio" className={s.tab} data-value={option}
          aria-checked={option === value} tabIndex={option === value ? 0 : -1}
          onClick={() => onChange(option)} onKeyDown={(e) => move(e, i)}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
