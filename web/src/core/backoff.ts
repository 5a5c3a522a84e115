export interface Backoff {
  /** The next delay in ms: between half of a doubling value and all of it, never below `atLeast`. */
  next(atLeast?: number): number;
  reset(): void;
}

/** Growing delays with jitter, from 200 ms up to the ceiling, so that many clients do not come back in step. */
export function backoff(ceiling: number, random: () => number = Math.random): Backoff {
  let current = 0;
  return {
    next(atLeast = 0) {
      current = Math.min(Math.max(2 * current, 200), ceiling);
      return Math.max(atLeast, current / 2 + (random() * current) / 2);
    },
    reset() {
      current = 0;
    },
  };
}

/** A delay give or take a tenth. */
export const spread = (ms: number, random: () => number = Math.random): number => ms * (0.9 + 0.2 * random());
