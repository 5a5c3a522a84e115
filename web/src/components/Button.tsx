import type { ButtonHTMLAttributes, Ref } from "react";
import s from "./Button.module.css";
import { cx } from "./cx";
import { Icon, type IconName } from "./Icon";

type Native = ButtonHTMLAttributes<HTMLButtonElement> & { ref?: Ref<HTMLButtonElement> };

interface ButtonProps extends Native {
  look?: "plain" | "primary" | "danger" | "dangerPlain";
  small?: boolean;
  wide?: boolean;
}

export function Button({ look = "plain", small, wide, className, ...rest }: ButtonProps) {
  return <button type="button" {...rest} className={cx(s.btn, s[look], small && s.small, wide && s.wide, className)} />;
}

/** A button that looks like a link. */
export function TextButton({ danger, inline, className, ...rest }: Native & { danger?: boolean; inline?: boolean }) {
  return <button type="button" {...rest} className={cx(s.textbtn, danger && s.textDanger, inline && s.in, className)} />;
}

/** A button with a picture; its label is its name and its tooltip. */
export function IconButton({ icon, label, className, ...rest }: Native & { icon: IconName; label: string }) {
  return (
    <button type="button" title={label} {...rest} aria-label={label} className={cx(s.iconbtn, className)}>
      <Icon name={icon} />
    </button>
  );
}
