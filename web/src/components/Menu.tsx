import { useId, useRef } from "react";
import { IconButton } from "./Button";
import { cx } from "./cx";
import { Icon, type IconName } from "./Icon";
import s from "./Menu.module.css";

export interface MenuItem {
  label: string;
  icon: IconName;
  danger?: boolean;
  onSelect: () => void;
}

/** A button with a menu: a popover, so that a click elsewhere or Escape closes it and focus goes back to the button. */
export function MenuButton({ label, icon = "dots", items }: { label: string; icon?: IconName; items: readonly MenuItem[] }) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);

  const toggled = (open: boolean) => {
    button.current?.setAttribute("aria-expanded", String(open));
    if (!open || !button.current || !menu.current) return;
    const at = button.current.getBoundingClientRect(), box = menu.current;
    box.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - box.offsetHeight - 8))}px`;
    box.style.left = `${Math.max(8, at.right - box.offsetWidth)}px`;
    box.querySelector("button")?.focus();
  };
  const move = (e: React.KeyboardEvent<HTMLElement>) => {
    const all = [...e.currentTarget.querySelectorAll("button")];
    const now = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[e.key];
    if (e.key === "Tab") menu.current?.hidePopover();
    if (next === undefined) return;
    e.preventDefault();
    all[(next + all.length) % all.length]?.focus();
  };
  const select = (item: MenuItem) => {
    menu.current?.hidePopover();
    item.onSelect();
  };
  return (
    <>
      <IconButton ref={button} icon={icon} label={label} aria-haspopup="menu" aria-expanded="false" popoverTarget={id} />
      <div
        ref={menu} id={id} popover="auto" role="menu" aria-label={label} className={s.menu} onKeyDown={move}
        onToggle={(e) => toggled(e.newState === "open")}
      >
        {items.map((item) => (
          <button
            key={item.label} type="button" role="menuitem" tabIndex={-1} className={cx(s.item, item.danger && s.itemDanger)}
            onClick={() => select(item)}
          >
            <Icon name={item.icon} />{item.label}
          </button>
        ))}
      </div>
    </>
  );
}
