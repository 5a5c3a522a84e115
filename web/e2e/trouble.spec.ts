import { Person } from "./api";
import { expect, test, User } from "./test";

test("what is written offline is sent once, in order, when the connection is back", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  const a = await User.open(browser, server.url, ada), b = await User.open(browser, server.url, ben);
  await a.openChat(ben.name);
  await b.openChat(ada.name);
  await a.connected();

  await a.page.context().setOffline(true);
  for (const body of ["first", "second", "third"]) await a.send(body);
  await expect(a.message("third")).toBeVisible();
  expect(await ben.history(dm)).toEqual([]);
  await a.page.context().setOffline(false);

  await expect(b.message("third")).toBeVisible();
  expect(await b.bodies()).toEqual(["first", "second", "third"]);
  await expect.poll(() => a.bodies()).toEqual(["first", "second", "third"]);
  expect(await ben.history(dm)).toEqual(["first", "second", "third"]);
});

test("what waits is kept over a reload, and can be cancelled", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  const a = await User.open(browser, server.url, ada);
  await a.openChat(ben.name);
  await a.connected();
  await a.page.route("**/messages", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await a.send("not this one");
  await a.send("this one");
  await a.composer.fill("a draft");
  await a.message("not this one").getByRole("button", { name: "Cancel" }).click();
  await expect(a.message("not this one")).toHaveCount(0);
  await expect(a.row(ben.name)).toContainText("Waiting: this one");
  await a.page.unrouteAll();
  await a.page.reload();
  await expect(a.composer).toHaveValue("a draft");
  await expect.poll(() => ben.history(dm)).toEqual(["this one"]);
  await expect.poll(() => a.bodies()).toEqual(["this one"]);
});

test("a refused message says why, and the next one goes on", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  const a = await User.open(browser, server.url, ada);
  await a.openChat(ben.name);
  await a.connected();
  await a.composer.fill("bad \0 character");
  await a.composer.press("Enter");
  await a.send("good");
  const refused = a.message("character");
  await expect(refused.getByRole("alert")).toContainText("Not sent. The text holds a character the server can’t store.");
  await expect.poll(() => ben.history(dm)).toEqual(["good"]);
  await refused.getByRole("button", { name: "Cancel" }).click();
  await expect(refused).toHaveCount(0);
});

test("a server that is killed and started again under open pages: both come right by themselves", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  const a = await User.open(browser, server.url, ada), b = await User.open(browser, server.url, ben);
  await a.openChat(ben.name);
  await b.openChat(ada.name);
  await a.send("before");
  await expect(b.message("before")).toBeVisible();

  await server.kill();
  await expect(b.page.getByText(/Connection lost.*in \d+ s/)).toBeVisible();
  await a.send("meanwhile");
  await expect(a.message("meanwhile").getByText(/Waiting for a connection|Not sent yet/)).toBeVisible();
  await server.run();

  await a.connected();
  await b.connected();
  await expect(b.message("meanwhile")).toBeVisible();
  await b.send("after");
  await expect(a.message("after")).toBeVisible();
  for (const user of [a, b]) await expect.poll(() => user.bodies()).toEqual(["before", "meanwhile", "after"]);
  expect(await ben.history(dm)).toEqual(["before", "meanwhile", "after"]);
});

test("two tabs of one person share one outbox and one session; signing out ends both", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  const one = await User.open(browser, server.url, ada);
  const two = new User(await one.page.context().newPage());
  await two.page.goto(server.url);
  await one.openChat(ben.name);
  await two.openChat(ben.name);
  await one.send("from one");
  await two.send("from two");
  for (const user of [one, two]) await expect.poll(() => user.bodies()).toEqual(["from one", "from two"]);
  expect(await ben.history(dm)).toEqual(["from one", "from two"]);
  await one.page.goto(`${server.url}/settings`);
  await one.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(one.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(two.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("signing out deletes drafts and unsent messages in all tabs, after asking", async ({ browser, server }) => {
  const [ada, ben, cem] = [
    await Person.register(server.url, "ada"), await Person.register(server.url, "ben"), await Person.register(server.url, "cem"),
  ];
  await ada.dm(ben);
  await ada.dm(cem);
  const one = await User.open(browser, server.url, ada);
  const two = new User(await one.page.context().newPage());
  await two.page.goto(server.url);
  await one.openChat(ben.name);
  await one.connected();
  await one.page.context().route("**/messages", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await one.send("held back");
  await expect(one.row(ben.name)).toContainText("Waiting: held back");
  await two.openChat(cem.name);
  await two.composer.fill("a draft in the other tab");
  const kept = () => one.page.evaluate(() => Object.keys(localStorage).filter((k) => /^chat\.(draft|outbox)\./.test(k)).length);
  await expect.poll(kept).toBe(2);
  await one.openChat(cem.name);
  await one.composer.fill("a draft here");
  await one.page.getByRole("button", { name: "Settings" }).click();
  await one.page.getByRole("button", { name: "Sign out", exact: true }).click();
  const question = one.page.getByRole("dialog", { name: "Sign out?" });
  await expect(question).toContainText(/draft.* and 1 unsent message in this browser will be deleted\./);
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect.poll(kept).toBe(2);
  await one.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await question.getByRole("button", { name: "Sign out", exact: true }).click();
  for (const user of [one, two]) {
    await expect(user.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await expect(user.page.getByText("You’ve been signed out")).toHaveCount(0);
  }
  await expect.poll(kept).toBe(0);
});
