import s from "./Mark.module.css";

export function Mark() {
  return (
    <svg className={s.mark} viewBox="0 0 24 24" aria-hidden="true">
      <rect className={s.ground} width="24" height="24" rx="7" />
      <g fill="none" strokeWidth="2" strokeLinecap="round">
        <path className={s.line} d="M7.5 6.5v11M11.5 8h6M11.5 12h4" />
        <path className={s.new} d="M11.5 16h5" />
      </g>
    </svg>
  );
}
