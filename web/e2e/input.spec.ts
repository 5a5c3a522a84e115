import { Person } from "./api";
import { expect, test, User } from "./test";

test("Enter in a people search takes the one asked for, however slow the answer is", async ({ browser, server }) => {
  const ada = await Person.register(server.url, "ada");
  const [, asked] = [await Person.registerAs(server.url, "user001"), await Person.registerAs(server.url, "user055")];
  const user = await User.open(browser, server.url, ada);
  await user.connected();
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await user.page.route("**/api/users/search**", async (route) => {
    if (route.request().url().includes("user055")) await held;
    await route.continue();
  });
  await user.page.keyboard.press("Control+k");
  const search = user.page.getByRole("combobox");
  await search.fill("us");
  await expect(user.page.getByRole("option", { name: "user001" })).toHaveAttribute("aria-selected", "true");
  await search.fill("user055");
  await search.press("Enter");
  await expect(search).not.toHaveAttribute("aria-activedescendant", /./);
  answer();
  await expect(user.page.getByRole("heading", { level: 1, name: asked.name })).toBeVisible();
});

test("Enter that ends a composition sends nothing, in the order of Chrome and of Safari", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  const user = await User.open(browser, server.url, ada);
  await user.openChat(ben.name);
  await user.connected();
  const browserSession = await user.page.context().newCDPSession(user.page);
  await user.composer.focus();
  await browserSession.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  await user.composer.dispatchEvent("keydown", { key: "Enter", keyCode: 229, isComposing: true });
  await browserSession.send("Input.insertText", { text: "日本" });
  await user.composer.dispatchEvent("keydown", { key: "Enter", keyCode: 229 });
  await expect(user.composer).toHaveValue("日本");
  await user.composer.press("Enter");
  await expect(user.message("日本")).toBeVisible();
  await expect.poll(() => ada.history(dm)).toEqual(["日本"]);
});
