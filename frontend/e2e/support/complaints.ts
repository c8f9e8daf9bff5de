import type { BrowserContext } from "@playwright/test";
import { association, directory } from "./association";

/**
 * What the browser complains about while people use the portals: script errors, errors on the console (among them
 * violations of the Content-Security-Policy), failures of a server, and requests to anybody outside of the association.
 */
export class Complaints {
  readonly found: string[] = [];
  #expected: RegExp[] = [];

  /** Names complaints that the test itself causes, such as the browser's note about a refused upload. */
  expect(...patterns: RegExp[]): void {
    this.#expected.push(...patterns);
  }

  /** Listens to all pages of a browser context. */
  listenTo(context: BrowserContext): void {
    const { portals, provider, mail, bundId, muk, payment } = association();
    const known = new Set([...Object.values(portals), provider, mail, bundId, muk, payment, directory()]);
    context.on("weberror", (error) => this.#add(`script: ${error.error().message}`));
    context.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" || text.includes("Content Security Policy")) {
        this.#add(`console: ${text} (${message.location().url})`);
      }
    });
    context.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && !known.has(origin)) this.#add(`request to ${origin}`);
    });
    context.on("response", (response) => {
      if (response.status() >= 500) this.#add(`${response.status()} from ${response.url()}`);
    });
  }

  #add(complaint: string): void {
    if (!this.#expected.some((pattern) => pattern.test(complaint))) this.found.push(complaint);
  }
}
