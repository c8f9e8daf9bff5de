/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/**
 * The portal that the dev server passes API calls to. Cookies of a portal on plain-http loopback carry its port in their
 * name, so the dev server can stand in front of any of them.
 */
const portal = process.env["PORTAL_URL"] ?? "http://localhost:8080";

const toPortal = { target: portal, changeOrigin: true, headers: { Origin: portal } };

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          // What every page needs comes in one piece, which compresses better than many; fields and forms only where
          // something is filled in.
          groups: [
            {
              name: "uploads",
              test: /node_modules\/(?:tus-js-client|js-base64|url-parse|querystringify|requires-port)\//,
              priority: 4,
            },
            { name: "forms", test: /@cfworker|src\/forms\//, priority: 3 },
            {
              name: "fields",
              test: /src\/(?:lib\/photo|ui\/(?:fields\/(?!Combobox|FieldParts)|ErrorSummary|useFormErrors|useAction))/,
              priority: 2,
            },
            {
              name: "base",
              test: /node_modules|src\/(?:ui|api|lib|app\/shells)\/(?!ActingBar)|src\/i18n\/index/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: {
      "/api": toPortal,
      "/oauth2": toPortal,
      "/signin/oidc": toPortal,
      "/.well-known": toPortal,
    },
  },
  test: {
    testTimeout: 30_000, // a loaded machine is slow
    environment: "jsdom",
    setupFiles: [`${import.meta.dirname}/tests/setup.ts`],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    restoreMocks: true,
  },
});
