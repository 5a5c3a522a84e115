import { text } from "./text.en";

export interface Program {
  readonly name: string;
  readonly kind: "laptop" | "phone" | "terminal";
}

/** What a session's user agent says of where it is, for people to recognise it. */
export function programOf(userAgent: string): Program {
  if (!userAgent.startsWith("Mozilla/")) {
    return { name: /^[\w.-]+/.exec(userAgent)?.[0] ?? text.settings.unknownProgram, kind: "terminal" };
  }
  if (/Mobile|Android|iPhone/.test(userAgent)) return { name: text.settings.browserOn(text.settings.phone), kind: "phone" };
  const system = /Windows/.test(userAgent) ? "Windows" : /Mac OS/.test(userAgent) ? "macOS" : /CrOS/.test(userAgent) ? "ChromeOS" : "Linux";
  return { name: text.settings.browserOn(system), kind: "laptop" };
}
