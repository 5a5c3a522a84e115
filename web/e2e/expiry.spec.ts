import { Person } from "./api";
import { expect, test, User, watch } from "./test";

test.use({ serverEnv: { ACCESS_TOKEN_TTL: "4s" } });

test("tokens that expire under two tabs: nobody is signed out, and they refresh one at a time", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  await ada.dm(ben);
  const one = await User.open(browser, server.url, ada);
  const context = one.page.context();
  let refreshing = 0, most = 0, refreshes = 0;
  await context.route("**/auth/refresh", async (route) => {
    refreshes++;
    most = Math.max(most, ++refreshing);
    const response = await route.fetch();
    refreshing--; // before the page can know
    await route.fulfill({ response });
  });

  const two = new User(await context.newPage());
  watch(two.page);
  await two.page.goto(server.url);
  await one.openChat(ben.name);
  await two.openChat(ben.name);
  await expect.poll(() => refreshes, { timeout: 30_000 }).toBeGreaterThan(4);
  await one.send("still here");
  await expect(two.message("still here")).toBeVisible();
  await two.send("me too");
  await expect(one.message("me too")).toBeVisible();
  await one.connected();
  expect(most).toBe(1);
});
