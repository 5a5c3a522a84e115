import { useState } from "react";
import { Segments } from "../../components/Segments";
import { text } from "../../core/text.en";
import { storage } from "../../realtime/storage";
import { setSpeech, speech } from "../timeline/useSpeech";
import s from "./Settings.module.css";

type Theme = "system" | "light" | "dark";
const key = "chat.theme"; // read before the first paint by public/theme.js

export function Appearance() {
  const [theme, setTheme] = useState<Theme>(() => (storage.get(key) as Theme | null) ?? "system");
  const [spoken, setSpoken] = useState(speech);
  const choose = (t: Theme) => {
    setTheme(t);
    if (t === "system") {
      storage.remove(key);
      delete document.documentElement.dataset.theme;
    } else {
      storage.set(key, t);
      document.documentElement.dataset.theme = t;
    }
  };
  return (
    <section className={s.section}>
      <h1 className={s.title}>{text.settings.appearance}</h1>
      <h2>{text.settings.theme}</h2>
      <Segments
        label={text.settings.theme} value={theme} onChange={choose}
        options={[["system", text.settings.themeSystem], ["light", text.settings.themeLight], ["dark", text.settings.themeDark]]}
      />
      <h2>{text.settings.speak}</h2>
      <Segments
        label={text.settings.speak} value={spoken} onChange={(v) => { setSpoken(v); setSpeech(v); }}
        options={[["messages", text.settings.speakMessages], ["count", text.settings.speakCount], ["nothing", text.settings.speakNothing]]}
      />
    </section>
  );
}
