// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { drafts, useDrafts } from "./drafts";

const kept = () => Object.fromEntries(Object.entries(localStorage));

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  drafts.load("ada");
});

afterEach(() => {
  drafts.reset();
  vi.useRealTimers();
});

test("a draft is kept when its user leaves the page, and is there on return", () => {
  drafts.set("c1", "half a sen");
  drafts.reset();
  expect(kept()).toEqual({ "chat.draft.ada.c1": "half a sen" });
  drafts.load("ada");
  expect([...useDrafts.getState().byId]).toEqual([["c1", "half a sen"]]);
});

test("signing out deletes the user's drafts, the one being written included, and nobody else's", () => {
  localStorage.setItem("chat.draft.ben.c1", "of ben");
  localStorage.setItem("chat.theme", "dark");
  drafts.set("c1", "written down");
  drafts.set("c2", "not yet");
  drafts.forget();
  drafts.reset();
  vi.runAllTimers();
  expect(kept()).toEqual({ "chat.draft.ben.c1": "of ben", "chat.theme": "dark" });
  expect(useDrafts.getState().byId.size).toBe(0);
});
