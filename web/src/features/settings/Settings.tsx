import { Link, Navigate, NavLink, useNavigate, useParams } from "react-router";
import { IconButton } from "../../components/Button";
import buttons from "../../components/Button.module.css";
import { cx } from "../../components/cx";
import { useMedia } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import pane from "../../components/Pane.module.css";
import { text } from "../../core/text.en";
import { Appearance } from "./Appearance";
import { Groups } from "./Groups";
import { Password } from "./Password";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import s from "./Settings.module.css";
import { SignOut } from "./SignOut";

const sections = [
  ["profile", "person", text.settings.profile, Profile],
  ["appearance", "sun", text.settings.appearance, Appearance],
  ["sessions", "laptop", text.settings.sessions, Sessions],
  ["groups", "people", text.settings.groups, Groups],
  ["password", "key", text.settings.password, Password],
] as const;

export default function Settings() {
  const { section } = useParams();
  const wide = useMedia("(min-width: 720px)");
  const navigate = useNavigate();
  const current = sections.find(([name]) => name === section);
  if (!current && (wide || section !== undefined)) return <Navigate to="/settings/profile" replace />;
  const Section = current?.[3];
  return (
    <div className={s.settings} data-view={current ? "section" : "nav"}>
      <nav className={s.side} aria-label={text.settings.heading}>
        <header className={pane.bar}>
          <IconButton icon="chevron" label={text.list.back(0)} onClick={() => void navigate("/")} />
          <p className={cx(pane.title, pane.text)}>{text.settings.heading}</p>
        </header>
        <div className={s.nav}>
          {sections.map(([name, icon, words]) => (
            <NavLink key={name} className={s.link} to={`/settings/${name}`}><Icon name={icon} />{words}</NavLink>
          ))}
          <SignOut />
        </div>
      </nav>
      <main className={s.main}>
        <header className={cx(pane.bar, pane.main, s.bar)}>
          <Link className={cx(buttons.iconbtn, pane.back)} to="/settings" aria-label={text.settings.heading}><Icon name="chevron" /></Link>
          <p className={cx(pane.title, pane.text)}>{text.settings.heading}</p>
        </header>
        <div className={s.page}><div className={s.pageIn}>{Section && <Section />}</div></div>
      </main>
    </div>
  );
}
