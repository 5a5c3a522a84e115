import { useEffect, useState, useSyncExternalStore } from "react";

/** The time, again every so many ms: for countdowns and relative times. */
export function useNow(every: number): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** The seconds until a time in ms, counted down; 0 from then on, and without one. */
export function useCountdown(until: number | null): number {
  const now = useNow(250);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now.getTime()) / 1000));
}

/** Whether a component has been on screen for so many ms. */
export function useAfter(ms: number): boolean {
  const [after, setAfter] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setAfter(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return after;
}

/** A value once it has stayed the same for so long; until then the one before, at first `initial`. */
export function useSettled<T>(value: T, ms: number, initial: T): T {
  const [settled, setSettled] = useState(initial);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

const onVisibility = (changed: () => void) => {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
};

/** Whether the tab is on screen. */
export const useVisible = (): boolean => useSyncExternalStore(onVisibility, () => document.visibilityState === "visible");

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}
