// The zones: core, api and components know nobody; realtime may use them; features may use realtime; app may use all.
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const zone = (folder, forbidden, message) => ({
  files: [`src/${folder}/**/*.{ts,tsx}`],
  ignores: ["**/*.test.{ts,tsx}"],
  rules: {
    "no-restricted-imports": ["error", {
      patterns: [{ group: forbidden.map((f) => `**/${f}/**`).concat(forbidden.includes("react") ? ["react", "react-dom"] : []), message }],
    }],
  },
});

export default tseslint.config(
  { ignores: ["dist", "public", "node_modules", "artifacts", "src/api/schema.gen.ts"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "error",
    },
  },
  zone("core", ["api", "components", "realtime", "features", "app", "react"], "core is pure: no I/O, no React"),
  zone("api", ["components", "realtime", "features", "app"], "api knows core only"),
  zone("components", ["api", "realtime", "features", "app"], "components know core only"),
  zone("realtime", ["components", "features", "app"], "realtime knows core and api"),
  zone("features", ["app"], "features do not know the app that mounts them"),
  { files: ["*.js"], ...tseslint.configs.disableTypeChecked },
);
