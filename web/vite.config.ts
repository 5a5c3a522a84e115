import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.API_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: {
    port: 3000,
    strictPort: true,
    proxy: { "/api": server, "/ws": { target: server, ws: true } },
  },
  build: {
    outDir: "dist/app",
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy allows files, not data: scripts or styles
    modulePreload: { polyfill: false },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
  },
});
