import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

afterEach(() => {
  cleanup();
  localStorage.clear();
});

// jsdom has no layout, so it cannot scroll.
Element.prototype.scrollIntoView = () => undefined;

// jsdom reads files by FileReader only.
Blob.prototype.arrayBuffer = function (this: Blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result as ArrayBuffer));
    reader.readAsArrayBuffer(this);
  });
};
Blob.prototype.text = async function (this: Blob) {
  return new TextDecoder().decode(await this.arrayBuffer());
};

// Parts of pages are shown outside of the router, which says where a page is.
vi.mock("@tanstack/react-router", async (original) => ({
  ...(await original<object>()),
  useMatch: () => undefined,
}));
