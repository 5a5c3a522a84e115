import { initials, tileColour } from "../core/tile";
import { cx } from "./cx";
import s from "./Tile.module.css";

const colours = [s.tile0, s.tile1, s.tile2, s.tile3, s.tile4, s.tile5, s.tile6, s.tile7];

interface TileProps {
  /** The user's or the group's id: it decides the colour. */
  id: string;
  name: string;
  group?: boolean;
  size?: "list" | "small";
  online?: boolean;
}

/** Initials on a colour: people round, groups square. The name stands beside it, so it is hidden from screen readers. */
export function Tile({ id, name, group, size, online }: TileProps) {
  return (
    <span className={cx(s.tile, group && s.group, size && s[size], colours[tileColour(id)])} aria-hidden="true" data-tile>
      {initials(name)}
      {online && <Dot />}
    </span>
  );
}

export function Dot({ off }: { off?: boolean }) {
  return <span className={cx(s.dot, off && s.off)} data-dot />;
}
