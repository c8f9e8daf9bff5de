import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

afterEach(() => {
  cleanup();
  localStorage.clear();
});

// jsdom has no layout, so it cannot scroll.
Element.prototype.scrollIntoView = () => undefined;

// Parts of pages are shown outside of the router, which says where a page is.
vi.mock("@tanstack/react-router", async (original) => ({
  ...(await original<object>()),
  useMatch: () => undefined,
}));
