// @vitest-environment jsdom
import { createEvent, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { Combobox, type Option } from "./Combobox";

const taken = vi.fn<(name: string) => void>();
beforeEach(() => taken.mockClear());

const option = (name: string, stale = false): Option => ({ key: name, content: name, stale, onSelect: () => taken(name) });
const box = (query: string, options: readonly Option[], pending: boolean) => (
  <Combobox label="Who" query={query} onQuery={() => undefined} options={options} pending={pending} words="" listLabel="People" />
);
const field = () => screen.getByRole("combobox");
const enter = (fields: object = {}) => fireEvent.keyDown(field(), { key: "Enter", ...fields });

test("Enter takes the first, or the one that the arrows chose", () => {
  render(box("us", [option("user001"), option("user002")], false));
  enter();
  fireEvent.keyDown(field(), { key: "ArrowDown" });
  enter();
  expect(taken.mock.calls).toEqual([["user001"], ["user002"]]);
});

test("what answers an older query is not active, and Enter waits for the answer", () => {
  const { rerender } = render(box("user055", [option("user001", true)], true));
  expect(field().getAttribute("aria-activedescendant")).toBeNull();
  fireEvent.keyDown(field(), { key: "ArrowDown" });
  enter();
  expect(taken).not.toHaveBeenCalled();
  rerender(box("user055", [option("user055")], false));
  expect(taken.mock.calls).toEqual([["user055"]]);
  rerender(box("user055", [option("user055")], false));
  expect(taken).toHaveBeenCalledOnce();
});

test("Enter that waited takes nothing if the query changes or nobody is found", () => {
  const { rerender } = render(box("user05", [option("user001", true)], true));
  enter();
  fireEvent.change(field(), { target: { value: "user055" } });
  rerender(box("user055", [option("user055")], false));
  expect(taken).not.toHaveBeenCalled();
  rerender(box("user0559", [], true));
  enter();
  rerender(box("user0559", [], false));
  rerender(box("user055", [option("user055")], false));
  expect(taken).not.toHaveBeenCalled();
});

test("what is known already can be taken while more is on its way", () => {
  render(box("user", [option("chat"), option("user001", true)], true));
  fireEvent.keyDown(field(), { key: "ArrowDown" });
  enter();
  expect(taken.mock.calls).toEqual([["chat"]]);
});

test.each([["Chrome", { isComposing: true, keyCode: 229 }], ["Safari", { isComposing: false, keyCode: 229 }]])(
  "Enter that ends a composition takes nobody, as %s reports it", (_, fields) => {
    render(box("us", [option("user001")], false));
    const press = createEvent.keyDown(field(), { key: "Enter", ...fields });
    fireEvent(field(), press);
    expect(taken).not.toHaveBeenCalled();
    expect(press.defaultPrevented).toBe(false);
  },
);
