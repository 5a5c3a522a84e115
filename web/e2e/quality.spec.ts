import type { Page } from "@playwright/test";
import { gzipSync } from "node:zlib";
import { Person } from "./api";
import { accessible, expect, test, User } from "./test";

const shots = "artifacts/screens";

test("the first load is at most 150 kB of script, compressed: the sign-in page, and a chat", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Ben")];
  await ben.send(await ben.dm(ada), "Second run is in.");
  const user = await User.open(browser, server.url, ada);
  await user.openChat(ben.name);
  const weight = async (page: Page) => {
    const { scripts } = await page.evaluate(() => ({
      scripts: performance.getEntriesByType("resource").map((r) => r.name).filter((n) => new URL(n).pathname.endsWith(".js")),
    }));
    const bodies = await Promise.all(scripts.map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer())));
    return bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
  };
  await user.page.reload();
  await expect(user.message("Second run is in.")).toBeVisible();
  expect(await weight(user.page)).toBeLessThanOrEqual(150_000);

  await user.page.context().clearCookies();
  await user.page.goto(server.url);
  await expect(user.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await weight(user.page)).toBeLessThanOrEqual(150_000);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`every screen is accessible: ${colorScheme}`, async ({ browser, server }) => {
    const [ada, ben, eve] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Ben"), await Person.register(server.url, "Eve")];
    const door = await (await browser.newContext({ colorScheme })).newPage();
    await door.goto(server.url);
    await door.getByLabel("E-mail").fill("nobody@example.org");
    await door.getByLabel("Password", { exact: true }).fill("wrong horse");
    await door.getByRole("button", { name: "Sign in" }).click();
    await expect(door.getByRole("alert")).toHaveText("E-mail or password is wrong.");
    await accessible(door);
    await door.goto(`${server.url}/register`);
    await accessible(door);

    const dm = await ada.dm(ben), group = await ada.group("Harbour release", ben), other = await eve.group("Night shift");
    await eve.call("POST", `/chats/conversations/${other}/invite`, { user_id: ada.id });
    await ben.send(dm, "Can you look at the second page when you have a minute?");
    for (const body of ["Summary of the load test over the weekend. ".repeat(8), "Second run is in.", "Same numbers. https://status.example.org/pilot/31"]) {
      await ben.send(group, body);
    }
    const user = await User.open(browser, server.url, ada, { colorScheme });
    const { page } = user;
    const shot = async (name: string) => {
      await accessible(page);
      await page.screenshot({ path: `${shots}/${name}-${colorScheme}.png` });
    };
    await expect(page.getByRole("heading", { name: "Pick a chat" })).toBeVisible();
    await shot("start");
    await user.openChat("Harbour release");
    await user.send("Better than I hoped. Is the 4 KB row the one with the cache on?");
    await user.message("Summary").getByRole("button", { name: "Read more" }).click();
    await expect(page.getByText("2 members")).toBeVisible();
    await shot("group");
    await page.getByRole("button", { name: `Actions for ${ben.name}` }).click();
    await shot("menu");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Invite people" }).click();
    await page.getByRole("combobox").fill("ev");
    await expect(page.getByRole("option").first()).toBeVisible();
    await shot("invite");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+/");
    await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    await shot("shortcuts");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog")).toBeVisible();
    await shot("switcher");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Alt+n");
    await page.getByRole("radio", { name: "Group" }).click();
    await shot("new-group");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: /Invites/ }).click();
    await expect(page.getByRole("button", { name: "Join Night shift" })).toBeVisible();
    await shot("invites");
    for (const section of ["Profile", "Appearance", "Sessions", "Groups", "Password"]) {
      await page.goto(`${server.url}/settings/${section.toLowerCase()}`);
      await expect(page.getByRole("heading", { level: 1, name: section })).toBeVisible();
      await shot(`settings-${section.toLowerCase()}`);
    }
  });
}

test("on a phone one pane is on screen, with a way back, down to 320 pixels", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Ben")];
  const group = await ada.group("Harbour release", ben);
  await ben.send(group, "Second run is in.");
  const user = await User.open(browser, server.url, ada, { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, colorScheme: "dark" });
  await expect(user.row("Harbour release")).toBeVisible();
  await user.page.screenshot({ path: `${shots}/phone-list.png` });
  await user.openChat("Harbour release");
  await expect(user.row("Harbour release")).toBeHidden();
  await user.composer.fill("On my way."); // Enter is a line where one types by touch
  await user.page.getByRole("button", { name: "Send" }).click();
  await user.page.getByRole("button", { name: "Members" }).click();
  await expect(user.page.getByRole("complementary", { name: "Members" })).toBeVisible();
  await accessible(user.page);
  await user.page.getByRole("button", { name: "Close members" }).click();
  await user.page.screenshot({ path: `${shots}/phone-chat.png` });
  expect(await user.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await user.page.getByRole("link", { name: "Back to chats" }).click();
  await expect(user.row("Harbour release")).toBeVisible();
});

test("on a phone there is a way back from a chat that one is removed from, and from one that is not there", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const group = await ben.group("Harbour release", ada);
  const user = await User.open(browser, server.url, ada, { viewport: { width: 390, height: 640 }, hasTouch: true, isMobile: true });
  await user.openChat("Harbour release");
  await ben.call("DELETE", `/chats/conversations/${group}/members/${ada.id}`);
  await expect(user.page.getByRole("heading", { name: "You were removed from Harbour release." })).toBeVisible();
  await user.page.getByRole("link", { name: "Back to chats" }).click();
  await expect(user.page.getByText("No chats yet")).toBeVisible();
  await user.page.goto(`${server.url}/c/${group}`);
  await expect(user.page.getByText("This chat isn’t there")).toBeVisible();
  await accessible(user.page);
  await user.page.getByRole("link", { name: "Back to chats" }).click();
  await expect(user.page.getByText("No chats yet")).toBeVisible();
});

test("everything can be done with the keyboard alone", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "Ada"), await Person.register(server.url, "Ben")];
  const dm = await ada.dm(ben);
  await ben.send(dm, `A long one. ${"More of it. ".repeat(60)}`);
  const user = await User.open(browser, server.url, ada);
  const { page } = user;
  await user.connected();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.type(ben.name.toLowerCase());
  await expect(page.getByRole("option", { name: ben.name })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(user.composer).toBeFocused();
  await expect(user.message("A long one.")).toBeVisible();
  await page.keyboard.press("ArrowUp");
  await expect(user.message("A long one.")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Show less" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Read more" })).toBeVisible();
  await page.keyboard.type("Hi");
  await expect(user.composer).toBeFocused();
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("Ben");
  await page.keyboard.press("Enter");
  await expect.poll(() => ben.history(dm)).toContain("Hi\nBen");
  await page.keyboard.press("F6");
  await expect(user.row(ben.name)).toBeFocused();
  await page.keyboard.press("Alt+n");
  await expect(page.getByRole("dialog", { name: "New chat" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(user.row(ben.name)).toBeFocused();
});
