import { text } from "./text.en";

const day = 86_400_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "long" });
const dayMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const dayMonthLong = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

const midnight = (t: Date) => new Date(t.getFullYear(), t.getMonth(), t.getDate()).getTime();

/** How many calendar days lie between two times, here. */
export const daysBetween = (from: Date, to: Date): number => Math.round((midnight(to) - midnight(from)) / day);

export const sameDay = (a: string, b: string): boolean => daysBetween(new Date(a), new Date(b)) === 0;

/** 14:42, or 2:42 PM where people write it so. */
export const timeOfDay = (at: string): string => clock.format(new Date(at));

/** 14:42 or 2:42, where there is no room for more. */
export const shortTime = (at: string): string =>
  clock.formatToParts(new Date(at)).filter((p) => p.type !== "dayPeriod").map((p) => p.value).join("").trim();

/** The whole date, for a tooltip. */
export const fullDate = (at: string): string => full.format(new Date(at));

/** In the list of chats: the time today, then Yesterday, the weekday, the date. */
export function listTime(at: string, now: Date): string {
  const t = new Date(at), days = daysBetween(t, now);
  if (days <= 0) return clock.format(t);
  if (days === 1) return text.log.yesterday;
  if (days < 7) return weekday.format(t);
  return t.getFullYear() === now.getFullYear() ? dayMonth.format(t) : dayMonthYear.format(t);
}

/** The heading of a day in the timeline. */
export function dayHeading(at: string, now: Date): string {
  const t = new Date(at), days = daysBetween(t, now);
  if (days === 0) return text.log.today;
  if (days === 1) return text.log.yesterday;
  const date = `${weekday.format(t)} ${dayMonthLong.format(t)}`;
  return t.getFullYear() === now.getFullYear() ? date : `${date} ${t.getFullYear()}`;
}

/** 12 November, with the year if it is another one. */
export function longDate(at: string, now: Date): string {
  const t = new Date(at);
  return t.getFullYear() === now.getFullYear() ? dayMonthLong.format(t) : `${dayMonthLong.format(t)} ${t.getFullYear()}`;
}

/** When a session was last active: now, 3 minutes ago, yesterday at 22:14, on 17 November. */
export function activeWhen(at: string, now: Date): string {
  const t = new Date(at), minutes = Math.floor((now.getTime() - t.getTime()) / 60_000), days = daysBetween(t, now);
  if (minutes < 1) return text.when.now;
  if (minutes < 60) return text.when.minutes(minutes);
  if (days === 0) return text.when.today(clock.format(t));
  if (days === 1) return text.when.yesterday(clock.format(t));
  return text.when.on(longDate(at, now));
}

/** How long an invite stays open. */
export function openFor(expiresAt: string, now: Date): string {
  const t = new Date(expiresAt), days = daysBetween(now, t);
  if (days <= 0) return text.invite.today(clock.format(t));
  if (days === 1) return text.invite.tomorrow(clock.format(t));
  return text.invite.days(days);
}
