import { useEffect, useRef, useState } from "react";
import { announce } from "../../components/Announcer";
import { TextButton } from "../../components/Button";
import { cx } from "../../components/cx";
import { useCountdown, useSettled } from "../../components/hooks";
import { Icon } from "../../components/Icon";
import { behind } from "../../core/timeline";
import { text } from "../../core/text.en";
import { useLink } from "../../realtime/link";
import { useClient } from "../../realtime/SocketContext";
import { useTimelines } from "../../realtime/timelines";
import s from "./Banner.module.css";

export type Standing = "connecting" | "offline" | "lost" | "trouble" | "behind" | "live";

/** How the app stands to the server, in one word. */
export function useStanding(): Standing {
  const { phase, trouble, listing } = useLink();
  const missing = useTimelines((s) => [...s.byId.values()].some(behind));
  if (phase !== "live") return phase;
  if (trouble) return "trouble";
  return listing || missing ? "behind" : "live";
}

const patience = 1_000, upToDateFor = 2_000;

/** Says above the messages that something is not as it should be, once it has lasted a second, and when it is over. */
export function Banner() {
  const now = useStanding();
  const settled = useSettled(now, patience, now === "connecting" || now === "behind" ? "live" : now);
  const standing = now === "live" ? now : settled;
  const client = useClient();
  const missing = useTimelines((t) => [...t.byId.values()].filter(behind).length);
  const [recovered, setRecovered] = useState(false);
  const before = useRef(standing);

  useEffect(() => {
    const was = before.current;
    before.current = standing;
    if (standing === "live" && was !== "live" && was !== "connecting") {
      setRecovered(true);
      const timer = setTimeout(() => setRecovered(false), upToDateFor);
      return () => clearTimeout(timer);
    }
    setRecovered(false);
    return undefined;
  }, [standing]);

  const spoken = standing === "live" ? (recovered ? text.link.upToDate : "") : words(standing, missing);
  useEffect(() => {
    if (spoken) announce(spoken);
  }, [spoken]);

  if (standing === "live" && !recovered) return null;
  if (standing === "live") {
    return <div className={cx(s.banner, s.busy)}><Icon name="check" /><span>{text.link.upToDate}</span></div>;
  }
  const busy = standing === "connecting" || standing === "behind";
  return (
    <div className={cx(s.banner, busy ? s.busy : s.warn)}>
      <Icon name={standing === "offline" || standing === "lost" ? "offline" : standing === "trouble" ? "alert" : "sync"} spin={busy} />
      <span>{standing === "lost" ? <Lost /> : words(standing, missing)}</span>
      {(standing === "lost" || standing === "trouble") && <TextButton inline onClick={() => client.retryNow()}>{text.link.tryNow}</TextButton>}
    </div>
  );
}

function Lost() {
  return text.link.bannerLost(useCountdown(useLink((l) => l.retryAt)));
}

function words(standing: Exclude<Standing, "live">, missing: number): string {
  switch (standing) {
    case "connecting": return text.link.connecting;
    case "offline": return text.link.bannerOffline;
    case "lost": return text.link.bannerLostSpoken;
    case "trouble": return text.link.bannerTrouble;
    case "behind": return missing > 0 ? text.link.bannerBehind(missing) : text.link.behind;
  }
}
