import type { KeyboardEvent } from "react";

/**
 * Whether a key press belongs to an input method that composes text: Enter then takes what was composed, and nothing else.
 * Chrome and Firefox end the composition after the key; Safari ends it before, and only the code 229 still tells.
 */
export function composes(e: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- no other property tells in Safari
  return e.nativeEvent.isComposing || e.keyCode === 229;
}
