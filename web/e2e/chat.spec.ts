import { Person } from "./api";
import { expect, test, User, watch } from "./test";

test("two people register, find each other and chat", async ({ browser, server }) => {
  const register = async (name: string) => {
    const user = new User(await (await browser.newContext()).newPage());
    watch(user.page);
    await user.page.goto(server.url);
    await user.page.getByRole("link", { name: "Create an account" }).click();
    await user.page.getByLabel("E-mail").fill(`${name.replace(" ", ".")}@example.org`);
    await user.page.getByLabel("Name").fill(name);
    await user.page.getByLabel("Password", { exact: true }).fill("correct horse");
    await user.page.getByRole("button", { name: "Create an account" }).click();
    await user.connected();
    return user;
  };
  const [ada, ben] = [await register("Ada Lovelace"), await register("Ben Button")];

  await ada.page.keyboard.press("Control+k");
  await ada.page.getByRole("combobox").fill("ben b");
  await ada.page.getByRole("option", { name: "Ben Button" }).click();
  await expect(ada.composer).toBeFocused();
  await ada.send("Hello <b>Ben</b>, see https://example.org/a?b=1.");

  await ben.openChat("Ada Lovelace");
  const hello = ben.message("Hello <b>Ben</b>, see https://example.org/a?b=1.");
  await expect(hello).toBeVisible();
  const link = hello.getByRole("link");
  await expect(link).toHaveAttribute("href", "https://example.org/a?b=1");
  await expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
  await expect(ada.message("Hello").getByText("Seen")).toBeVisible();

  await ben.send("Hello Ada");
  await expect(ada.message("Hello Ada")).toBeVisible();
  expect(await ada.bodies()).toEqual(await ben.bodies());

  await ada.page.reload();
  await expect(ada.message("Hello Ada")).toBeVisible();
  await ada.connected();
});

test("unread is exact, opens at the divider, and is read by being seen, on every device", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  await ben.send(dm, "before");
  await ada.call("POST", `/messages/conversations/${dm}/read`, { last_read_seq: 1 });
  for (let i = 1; i <= 120; i++) await ben.send(dm, `news ${i}`);

  const desk = await User.open(browser, server.url, ada), phone = await User.open(browser, server.url, ada);
  await expect(desk.row(ben.name)).toContainText("120 unread");
  await expect(desk.page).toHaveTitle("(120) Chat");
  await desk.openChat(ben.name);
  await expect(desk.log.getByRole("separator", { name: "New messages below" })).toBeInViewport();
  await expect(desk.message("news 1").first()).toBeInViewport();

  await desk.page.getByRole("button", { name: "New messages" }).click();
  await expect(desk.message("news 120")).toBeInViewport();
  await expect(desk.row(ben.name)).not.toContainText("unread");
  await expect(phone.row(ben.name)).not.toContainText("unread");

  await ben.send(dm, "one more");
  await expect(phone.row(ben.name)).not.toContainText("unread"); // seen at the desk
  await expect(desk.message("one more")).toBeInViewport();
});

test("a group of three: invited, renamed, made admin, removed", async ({ browser, server }) => {
  const [ada, ben, eve] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben"), await Person.register(server.url, "eve")];
  const [a, b, e] = [await User.open(browser, server.url, ada), await User.open(browser, server.url, ben), await User.open(browser, server.url, eve)];
  await Promise.all([a, b, e].map((u) => u.connected()));

  await a.page.getByRole("button", { name: "New group" }).click();
  await a.page.getByLabel("Name of the group").fill("Harbour");
  await a.page.getByRole("combobox").fill(ben.name);
  await a.page.getByRole("option", { name: ben.name }).click();
  await a.page.getByRole("button", { name: "Create group" }).click();
  await b.openChat("Harbour");
  await a.send("Welcome");
  await expect(b.message("Welcome")).toBeVisible();

  await a.page.getByRole("button", { name: "Invite people" }).click();
  await a.page.getByRole("combobox").fill(eve.email);
  await a.page.getByRole("option", { name: eve.name }).click();
  await expect(a.page.getByRole("option", { name: eve.name })).toContainText("Invited");
  await a.page.getByRole("button", { name: "Done" }).click();

  await e.page.getByRole("link", { name: /Invites/ }).click();
  await expect(e.page.getByText(`${ada.name} invited you`)).toBeVisible();
  await e.page.getByRole("button", { name: "Join Harbour" }).click();
  await expect(e.message("Welcome")).toBeVisible();
  await expect(a.page.getByRole("complementary", { name: "Members" })).toContainText(eve.name);

  await a.page.getByRole("button", { name: "More" }).click();
  await a.page.getByRole("menuitem", { name: "Rename group" }).click();
  await a.page.getByRole("dialog").getByLabel("Name of the group").fill("Harbour crew");
  await a.page.getByRole("button", { name: "Save" }).click();
  await expect(e.page.getByRole("heading", { level: 1, name: "Harbour crew" })).toBeVisible();

  await a.page.getByRole("button", { name: `Actions for ${eve.name}` }).click();
  await a.page.getByRole("menuitem", { name: "Remove from group" }).click();
  await a.page.getByRole("button", { name: `Remove ${eve.name}` }).click();
  await expect(e.page.getByText("You were removed from Harbour crew.")).toBeVisible();
  await expect(e.row("Harbour crew")).toHaveCount(0);

  await b.page.getByRole("button", { name: "Leave group" }).click();
  await b.page.getByRole("dialog").getByRole("button", { name: "Leave group" }).click();
  await expect(b.page.getByRole("heading", { name: "Pick a chat" })).toBeVisible();
  await expect(a.page.getByRole("complementary", { name: "Members" })).not.toContainText(ben.name);
});

test("a message of 100,000 characters is sent, shown and closed without freezing the page", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  await ada.dm(ben);
  const a = await User.open(browser, server.url, ada), b = await User.open(browser, server.url, ben);
  await a.openChat(ben.name);
  await b.openChat(ada.name);
  const lines = Array.from({ length: 2000 }, (_, i) => `line ${String(i).padStart(5, "0")} of what is being said here again`);
  const body = lines.join("\n").padEnd(99_999, "x") + "🦜";
  await a.paste(body);
  await expect(a.page.locator("form").getByText("0 characters left")).toBeVisible();
  await a.composer.press("End");
  await a.page.keyboard.type("!");
  await expect(a.page.locator("form").getByText("1 character over the limit of 100,000")).toBeVisible();
  await expect(a.page.getByRole("button", { name: "Send" })).toBeDisabled();
  await a.composer.press("Backspace");
  await a.composer.press("Enter");

  const long = b.message("line 00000");
  await long.getByRole("button", { name: "Read more" }).click();
  await expect(long.getByText("100,000 characters")).toBeVisible();
  const shown = await long.evaluate((row) => [...row.querySelectorAll("[class*=block]")].map((x) => x.textContent).join(""));
  expect(shown).toBe(body);
  const worst = await b.page.evaluate(async () => {
    let longest = 0, last = performance.now();
    const log = document.querySelector("[role=log]");
    for (let i = 0; i < 60; i++) {
      log?.scrollBy(0, i % 20 < 10 ? -900 : 900);
      await new Promise(requestAnimationFrame);
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    return longest;
  });
  expect(worst).toBeLessThan(1000); // on a shared machine without a graphics card; no frame may hang
  await long.getByRole("button", { name: "Show less" }).click();
  await expect(long.getByRole("button", { name: "Read more" })).toBeInViewport();
});
