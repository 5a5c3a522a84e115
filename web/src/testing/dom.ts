import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(() => {
  cleanup();
  localStorage.clear();
});

// What jsdom lacks of a browser.
Object.assign(HTMLDialogElement.prototype, {
  showModal(this: HTMLDialogElement) { this.open = true; },
  close(this: HTMLDialogElement) { this.open = false; },
});
const never = () => undefined;
Element.prototype.scrollIntoView = never;
Object.assign(globalThis, {
  matchMedia: (media: string) => ({ media, matches: false, addEventListener: never, removeEventListener: never }),
  CSS: { supports: () => false, escape: (s: string) => s },
});
