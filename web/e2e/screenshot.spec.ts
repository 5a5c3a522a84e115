import { Person } from "./api";
import { expect, test, User } from "./test";

// The picture of the README, from the app as it is.
test("the picture of the README", async ({ browser, server }) => {
  const names = ["Wren", "Mirel", "Brisa", "Tavi", "Sorrel", "Halden"];
  const people = await Promise.all(names.map((name) => Person.registerAs(server.url, name)));
  const [wren, mirel, brisa, tavi, sorrel, halden] = people as [Person, Person, Person, Person, Person, Person];
  const group = (title: string, ...members: Person[]) => wren.group(title, ...members);

  await tavi.send(await tavi.dm(wren), "The table is in the shared folder");
  await wren.send(await wren.dm(brisa), "Got home. Good night");
  const review = await group("Accessibility review", mirel, sorrel);
  for (let i = 0; i < 12; i++) await mirel.send(review, "The new focus order is in, please try it with the keyboard");
  await halden.send(await halden.dm(wren), "The signed copy is in the folder");
  for (const body of ["Hello", "Can you look at the second page when you have a minute?"]) await sorrel.send(await sorrel.dm(wren), body);
  const release = await group("Harbour release", mirel, brisa, tavi, sorrel, halden);
  await mirel.send(release, "Summary of the load test over the weekend. We ran the three profiles twice, once against the old queue and once against the new one, with the same data and on the same two machines. The short version: nothing was lost, and the new queue is faster.");
  await wren.send(release, "Better than I hoped. Is the 4 KB row the one with the cache on?");
  await wren.send(release, "And did anything arrive out of order?");
  await mirel.send(release, "Cache on, yes. And no: the checker compared all 100,000, none missing, none twice, none out of place.");
  await brisa.send(release, "The pilot group has the build. 11 of 12 machines are on it, the last one is switched off until tomorrow.\nhttps://status.example.org/pilot/31");
  await tavi.send(release, "Second run is in.");
  await tavi.send(release, "Same numbers, within one per cent.");

  for (const other of [mirel, brisa, halden]) await (await User.open(browser, server.url, other)).connected();
  const user = await User.open(browser, server.url, wren, { viewport: { width: 1360, height: 820 } });
  await user.openChat("Harbour release");
  await user.send("Then let’s tag it this afternoon. Tavi, can you keep both result files?");
  await expect(user.page.getByText("6 members, 4 online")).toBeVisible();
  await user.page.mouse.move(0, 0);
  await user.page.screenshot({ path: "../docs/screenshot.png" });
});
