// Tests that need a browser say so in their first line: @vitest-environment jsdom.
if ("document" in globalThis) await import("./dom");

export {};
