import { defineConfig } from "@playwright/test";

// The system's Chromium: no browser is downloaded.
export default defineConfig({
  testDir: "e2e",
  outputDir: "artifacts/results",
  reporter: [["list"]],
  workers: 1,
  timeout: 120_000, // machines that are busy with other things
  expect: { timeout: 30_000 },
  forbidOnly: true,
  retries: 0, // a test that fails now and then is a fault to be found
  projects: [
    { name: "e2e", testIgnore: "screenshot.spec.ts" },
    { name: "screenshot", testMatch: "screenshot.spec.ts" },
  ],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
    trace: "retain-on-failure",
  },
});
