import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBlank } from "./blank";
import { blocks } from "./blocks";
import { codePoints, firstCodePoints } from "./codePoints";
import { isolated } from "./direction";
import { linkify } from "./links";
import { initials, tileColour } from "./tile";

describe("code points", () => {
  test("are counted as the server does", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (s) => codePoints(s) === Array.from(s).length));
    expect(codePoints("\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u00E9")).toBe(6);
    expect(codePoints("\ud83d")).toBe(1);
  });

  test("are never cut in half", () => {
    expect(firstCodePoints("🦜🦜🦜", 2)).toBe("🦜🦜");
    expect(firstCodePoints("ab", 5)).toBe("ab");
  });

});

describe("links", () => {
  const hrefs = (s: string) => linkify(s).flatMap((p) => p.href ?? []);

  test.each([
    ["see https://example.org/a.", ["https://example.org/a"]],
    ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
    ["https://example.org/?q=1&r=2, http://localhost:3000!", ["https://example.org/?q=1&r=2", "http://localhost:3000/"]],
    ["javascript:alert(1) ftp://x.org data:text/html,x", []],
    ["https://", []],
    ["看 https://example.com/a。谢谢", ["https://example.com/a"]],
    ["（https://example.com/a）「https://example.com/b」", ["https://example.com/a", "https://example.com/b"]],
    ["https://example.com/a، https://example.com/b। https://example.com/c…", ["https://example.com/a", "https://example.com/b", "https://example.com/c"]],
    ["https://example.org/wiki/Rock_'n'_Roll", ["https://example.org/wiki/Rock_'n'_Roll"]],
    ["https://example.org/Straße, HTTPS://EXAMPLE.ORG", ["https://example.org/Stra%C3%9Fe", "https://example.org/"]],
    ["www.example.org/a, ada@example.org, mailto:ben@example.org", ["http://www.example.org/a", "mailto:ada@example.org", "mailto:ben@example.org"]],
    ["main.py example.org //example.org 10.0.0.1", []],
    ["https://ada:secret@example.org/", ["https://ada:secret@example.org/"]],
    ["<a href=\"https://example.org\">", ["https://example.org/"]],
  ])("of %s", (s, want) => expect(hrefs(s)).toEqual(want));

  test("joined are the text, and only http, https and mail", () => {
    const texts = fc.array(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom(" ", ").", "javascript:", "HTTP://"))).map((a) => a.join(""));
    fc.assert(fc.property(texts, (s) => {
      expect(linkify(s).map((p) => p.text).join("")).toBe(s);
      for (const href of hrefs(s)) expect(href).toMatch(/^(https?:\/\/|mailto:)/);
    }));
  });
});

describe("blocks", () => {
  test("joined are the body, and none is too long or cuts a character", () => {
    const piece = fc.oneof(
      fc.string({ minLength: 100, maxLength: 400, unit: "grapheme" }), fc.constantFrom("🦜".repeat(9000), "\n", "word ".repeat(900)),
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 6 }), (parts) => {
      const body = parts.join("");
      const cut = blocks(body);
      expect(cut.join("")).toBe(body);
      for (const b of cut) {
        expect(b.length).toBeLessThanOrEqual(16_000);
        expect(codePoints(b)).toBe(Array.from(b).length);
      }
      expect(cut.reduce((n, b) => n + codePoints(b), 0)).toBe(codePoints(body));
    }), { numRuns: 30 });
  });
});

test("initials are of two words or two letters; the colour of an id stays", () => {
  expect(["Harbour release", "ada", "🦜 parrot", "x"].map(initials)).toEqual(["HR", "AD", "🦜P", "X"]);
  expect(["👩‍👧 e\u0301mile", "🇩🇪🇫🇷", "क्षेत्र", `z${"\u0301".repeat(500)}`].map(initials)).toEqual(["👩‍👧E\u0301", "🇩🇪🇫🇷", "क्षेत्र".slice(0, 7), `Z${"\u0301".repeat(99)}`]);
  expect(tileColour("019ab1c2")).toBe(tileColour("019ab1c2"));
  expect(new Set(Array.from({ length: 200 }, (_, i) => tileColour(`user ${i}`))).size).toBe(8);
});

test("a name that could turn a sentence around stands alone in it", () => {
  expect(["Ada", "Zoë 🦜", "東京"].map(isolated)).toEqual(["Ada", "Zoë 🦜", "東京"]);
  expect(["שלום", "مرحبا", "a\u202eb"].map(isolated)).toEqual(["\u2068שלום\u2069", "\u2068مرحبا\u2069", "\u2068a\u202eb\u2069"]);
});

test("what cannot be seen is blank", () => {
  for (const blank of ["", " \n\u00a0\u3000", "\u200b\u200d\ufeff", "\u00ad", "\u3164\u115f\uffa0", "\u2800", "\u202e", "\ufe0f", "\u{e0041}", "\u034f"]) {
    expect(isBlank(blank), JSON.stringify(blank)).toBe(true);
  }
  for (const seen of ["a", ".", "👩\u200d👧", "❤\ufe0f", "\u{1fbff}", "\ue000", "\u3164x"]) expect(isBlank(seen), seen).toBe(false);
});
