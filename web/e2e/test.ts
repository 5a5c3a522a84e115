import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";
import { password, type Person } from "./api";
import { startServer, type Server } from "./server";

interface Worker {
  server: Server;
  /** Settings of the server, for a whole file: test.use({ serverEnv: … }). */
  serverEnv: Record<string, string>;
}

export const test = base.extend<object, Worker>({
  serverEnv: [{}, { option: true, scope: "worker" }],
  server: [async ({ serverEnv }, use) => {
    const server = await startServer(serverEnv);
    await use(server);
    await server.stop();
  }, { scope: "worker" }],
});

/** A browser of one's own with the app signed in; every breach of the page's policy and every uncaught error fails the test. */
export class User {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, url: string, person: Person, options: BrowserContextOptions = {}): Promise<User> {
    const context = await browser.newContext(options);
    opened.push(context);
    const user = new User(await context.newPage());
    watch(user.page);
    await user.page.goto(url);
    await user.page.getByLabel("E-mail").fill(person.email);
    await user.page.getByLabel("Password", { exact: true }).fill(password);
    await user.page.getByRole("button", { name: "Sign in" }).click();
    return user;
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Message / });
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }

  row(name: string): Locator {
    return this.page.getByRole("navigation", { name: "Chats" }).getByRole("link", { name });
  }

  async openChat(name: string): Promise<void> {
    await this.row(name).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(this.log).toBeVisible();
  }

  async send(body: string): Promise<void> {
    await this.composer.fill(body);
    await this.composer.press("Enter");
  }

  /** Pastes into the composer, as people put long texts there: typing them line by line takes the browser long. */
  async paste(body: string): Promise<void> {
    await this.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await this.page.evaluate((text) => navigator.clipboard.writeText(text), body);
    await this.composer.press("Control+v");
  }

  message(body: string): Locator {
    return this.log.getByRole("article").filter({ hasText: body });
  }

  /** The bodies on screen, top to bottom. */
  bodies(): Promise<string[]> {
    return this.log.getByRole("article").evaluateAll((all) => all.map((a) => a.querySelector("[class*=body]")?.textContent ?? ""));
  }

  async connected(): Promise<void> {
    await expect(this.page.getByText("Connected", { exact: true })).toBeVisible();
  }
}

const faults: string[] = [];
const opened: BrowserContext[] = [];

/** Notes what must not happen in a page. */
export function watch(page: Page): void {
  page.on("pageerror", (e) => faults.push(`uncaught: ${e.message}`));
  page.on("console", (m) => {
    if (/Content Security Policy/i.test(m.text())) faults.push(m.text());
  });
}

test.afterEach(async () => {
  for (const context of opened.splice(0)) await context.close();
  expect(faults.splice(0)).toEqual([]);
});

/** No serious finding of axe on the screen as it is. */
export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`)).toEqual([]);
}

export { expect };
