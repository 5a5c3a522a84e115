import type { Locator } from "@playwright/test";
import { Person } from "./api";
import { expect, test, User } from "./test";

/** Where the characters of an element's last piece of text stand. */
const lefts = (at: Locator) => at.evaluate((element) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left: number[] = [];
  while (texts.nextNode()) {
    const range = document.createRange();
    left = Array.from(texts.currentNode.textContent ?? "", (_, i) => {
      range.setStart(texts.currentNode, i);
      range.setEnd(texts.currentNode, i + 1);
      return range.getBoundingClientRect().left;
    });
  }
  return left;
});

test("words run in their own direction: in a message, the list, the composer, and a name in a sentence", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.registerAs(server.url, "שלמה בן.", "shlomo@example.org")];
  const dm = await ada.dm(ben);
  await ben.send(dm, "שלום עולם.");
  const user = await User.open(browser, server.url, ada);
  const row = user.row(ben.name);
  const endsLeft = async (at: Locator) => {
    const left = await lefts(at);
    expect(left.at(-1)).toBe(Math.min(...left));
  };
  await endsLeft(row.getByText("שלום עולם."));
  await endsLeft(row.getByText(ben.name));
  await user.openChat(ben.name);
  await endsLeft(user.message("שלום עולם.").getByText("שלום עולם."));
  await endsLeft(user.page.getByRole("heading", { level: 1 }));
  const sentence = await lefts(user.log.getByText("This is the beginning of your chat with"));
  expect(sentence.at(-1)).toBe(Math.max(...sentence));
  await user.composer.fill("שלום.");
  await expect(user.composer).toHaveCSS("direction", "rtl");
  await user.composer.fill("Hello.");
  await expect(user.composer).toHaveCSS("direction", "ltr");
  await user.send("English.");
  await expect(row).toContainText("You: English.");
});
