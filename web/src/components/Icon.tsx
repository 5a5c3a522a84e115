import s from "./Icon.module.css";

const shapes = {
  search: <><circle cx="8" cy="8" r="4.75"/><path d="m11.5 11.5 3.75 3.75"/></>,
  plus: <><path d="M9 3.5v11M3.5 9h11"/></>,
  write: <><path d="M15 9.5v4a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 13.5v-9A1.5 1.5 0 0 1 4.5 3h4"/><path d="m7.5 10.5.6-2.6 5.7-5.7a1.15 1.15 0 0 1 1.7 0l.3.3a1.15 1.15 0 0 1 0 1.7L10.1 9.9z"/></>,
  people: <><circle cx="6.75" cy="6" r="2.5"/><path d="M2 15c.2-2.9 2-4.6 4.75-4.6s4.55 1.7 4.75 4.6"/><path d="M11.5 3.8a2.3 2.3 0 0 1 0 4.4M13.2 10.8c1.7.6 2.7 2 2.8 4.2"/></>,
  gear: <><path d="M3 5.5h6.5M13.5 5.5H15M3 12.5h1.5M8.5 12.5H15"/><circle cx="11.5" cy="5.5" r="1.9"/><circle cx="6.5" cy="12.5" r="1.9"/></>,
  send: <><path d="M9 14.5v-11M4.25 8.25 9 3.5l4.75 4.75"/></>,
  down: <><path d="M9 3.5v11M4.25 9.75 9 14.5l4.75-4.75"/></>,
  chevron: <><path d="M11 4 6 9l5 5"/></>,
  alert: <><circle cx="9" cy="9" r="6.25"/><path d="M9 5.75v3.75M9 12.25v.01"/></>,
  retry: <><path d="M14.75 9A5.75 5.75 0 1 1 12.8 4.7"/><path d="M13.25 1.9v3.2h-3.2"/></>,
  check: <><path d="m3.75 9.5 3.5 3.5 7-8"/></>,
  seen: <><path d="m1.75 9.5 3.25 3.25 6-7.25M8.25 12.25l.75.5 7-7.75"/></>,
  x: <><path d="m4.5 4.5 9 9M13.5 4.5l-9 9"/></>,
  dots: <><path d="M4.25 9h.01M9 9h.01M13.75 9h.01" strokeWidth="2.25"/></>,
  mail: <><rect x="2.5" y="4" width="13" height="10" rx="1.75"/><path d="m3 5 6 5 6-5"/></>,
  useradd: <><circle cx="7" cy="6" r="2.75"/><path d="M2 15c.2-2.9 2.2-4.6 5-4.6 1.1 0 2.1.27 2.9.77"/><path d="M13.25 10.5v5M10.75 13h5"/></>,
  pencil: <><path d="m3 15 .7-3.3 8-8a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2l-8 8z"/></>,
  leave: <><path d="M7 15H4.25A1.25 1.25 0 0 1 3 13.75v-9.5A1.25 1.25 0 0 1 4.25 3H7M11.5 12.25 14.75 9 11.5 5.75M14.5 9h-7"/></>,
  laptop: <><rect x="3.5" y="3.5" width="11" height="8" rx="1.25"/><path d="M1.75 14.5h14.5"/></>,
  phone: <><rect x="5" y="1.75" width="8" height="14.5" rx="1.75"/><path d="M8.25 13.75h1.5"/></>,
  terminal: <><rect x="2" y="3" width="14" height="12" rx="1.75"/><path d="m5 7 2.25 2L5 11M9.5 11.5H13"/></>,
  offline: <><path d="M2.5 2.5l13 13M6 10.6a4.3 4.3 0 0 1 5.3-.5M3.3 8a8.2 8.2 0 0 1 2.8-1.8M9 5.5c2.2 0 4.2.9 5.7 2.5M9 14v.01"/></>,
  sync: <><path d="M14.5 7.25A5.75 5.75 0 0 0 4.3 5.7L3 7.25M3 3.75v3.5h3.5M3.5 10.75a5.75 5.75 0 0 0 10.2 1.55L15 10.75M15 14.25v-3.5h-3.5"/></>,
  key: <><circle cx="6" cy="12" r="3"/><path d="m8.25 9.75 6-6M12 6l2 2M10.25 7.75l1.5 1.5"/></>,
  sun: <><circle cx="9" cy="9" r="3.25"/><path d="M9 1.5v1.25M9 15.25v1.25M1.5 9h1.25M15.25 9h1.25M3.7 3.7l.9.9M13.4 13.4l.9.9M14.3 3.7l-.9.9M4.6 13.4l-.9.9"/></>,
  keyboard: <><rect x="1.75" y="4.25" width="14.5" height="9.5" rx="1.5"/><path d="M4.75 7.25h.01M7.5 7.25h.01M10.5 7.25h.01M13.25 7.25h.01M6 10.75h6"/></>,
  person: <><circle cx="9" cy="6" r="2.75"/><path d="M3.75 15.25c.25-3 2.25-4.85 5.25-4.85s5 1.85 5.25 4.85"/></>,
  clock: <><circle cx="9" cy="9" r="6.25"/><path d="M9 5.5V9l2.25 1.75"/></>,
} as const;

export type IconName = keyof typeof shapes;

/** A picture beside words, or in a button that has a name: never alone. */
export function Icon({ name, small, spin }: { name: IconName; small?: boolean; spin?: boolean }) {
  return (
    <svg className={[s.icon, small && s.s, spin && s.spin].filter(Boolean).join(" ")} viewBox="0 0 18 18" aria-hidden="true">
      {shapes[name]}
    </svg>
  );
}
