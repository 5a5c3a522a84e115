import { Person } from "./api";
import { expect, test, User } from "./test";

test("2,000 messages scroll by without a jump, and few are in the page at once", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  for (let i = 0; i < 2000; i += 20) {
    for (let j = 1; j <= 20; j++) await (i % 40 ? ada : ben).send(dm, `message ${i + j}${"\nand more".repeat((i + j) % 4)}`);
  }
  await ada.call("POST", `/messages/conversations/${dm}/read`, { last_read_seq: 2000 });
  const user = await User.open(browser, server.url, ada);
  await user.openChat(ben.name);
  await expect(user.message("message 2000")).toBeInViewport();

  // Scrolls up as a wheel does and watches a message that stays on screen: it may move by what was scrolled only.
  const { jumps, most, seen } = await user.log.evaluate(async (log) => {
    const frame = () => new Promise((r) => requestAnimationFrame(r));
    const rows = () => [...log.querySelectorAll<HTMLElement>("article")];
    const seen = new Set<string>();
    const note = () => rows().forEach((r) => seen.add(r.dataset.key ?? ""));
    let jumps = 0, most = 0, idle = 0;
    note();
    while (idle < 40) {
      const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
      const anchor = rows().find((r) => r.getBoundingClientRect().bottom > middle);
      const key = anchor?.dataset.key ?? "", top = anchor?.getBoundingClientRect().top ?? 0, before = log.scrollTop;
      log.scrollTop = before - 250;
      const expected = top + (before - Math.max(0, before - 250));
      const displaced = () => {
        const now = rows().find((r) => r.dataset.key === key)?.getBoundingClientRect().top;
        return now !== undefined && Math.abs(now - expected) > 40;
      };
      for (let frames = 0; frames < 2 || (displaced() && frames < 6); frames++) await frame();
      if (before > 250 && displaced()) jumps++;
      note();
      most = Math.max(most, rows().length);
      idle = log.scrollTop === 0 ? idle + 1 : 0;
    }
    return { jumps, most, seen: seen.size };
  });
  expect({ seen, jumps }).toEqual({ seen: 2000, jumps: 0 });
  expect(most).toBeLessThan(150);
  await expect(user.log.getByText("This is the beginning of your chat")).toBeVisible();
  await user.page.getByRole("button", { name: "Newest" }).click();
  await expect(user.message("message 2000")).toBeInViewport();
});

test("far below unread messages the screen opens at the first of them and can go both ways", async ({ browser, server }) => {
  const [ada, ben] = [await Person.register(server.url, "ada"), await Person.register(server.url, "ben")];
  const dm = await ada.dm(ben);
  for (let i = 1; i <= 400; i++) await ben.send(dm, `message ${i}`);
  await ada.call("POST", `/messages/conversations/${dm}/read`, { last_read_seq: 100 });
  const user = await User.open(browser, server.url, ada);
  await expect(user.row(ben.name)).toContainText("300 unread");
  await user.openChat(ben.name);
  await expect(user.log.getByRole("separator")).toBeInViewport();
  await expect(user.message("message 101")).toBeInViewport();

  await expect(async () => {
    await user.log.evaluate((log) => log.scrollBy(0, 600));
    await expect(user.message("message 400")).toBeInViewport({ timeout: 50 });
  }).toPass();
  await expect(user.row(ben.name)).not.toContainText("unread");
  await expect(async () => {
    await user.log.evaluate((log) => log.scrollBy(0, -1500));
    await expect(user.log.getByText("This is the beginning of your chat")).toBeInViewport({ timeout: 50 });
  }).toPass();
});
