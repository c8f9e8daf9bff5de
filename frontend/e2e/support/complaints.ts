import type { BrowserContext, Response } from "@playwright/test";
import { association, directory } from "./association";
import { violation } from "./contract";

/**
 * What the browser complains about while people use the portals: script errors, errors on the console (among them
 * violations of the Content-Security-Policy), failures of a server, requests to anybody outside of the association, and
 * answers that the contract does not have.
 */
export class Complaints {
  readonly found: string[] = [];
  #expected: RegExp[] = [];
  #reading = new Set<Promise<void>>();

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
    const own = new Set(Object.values(portals));
    context.on("response", (response) => {
      if (response.status() >= 500) this.#add(`${response.status()} from ${response.url()}`);
      if (own.has(new URL(response.url()).origin)) {
        const reading = this.#compare(response).finally(() => this.#reading.delete(reading));
        this.#reading.add(reading);
      }
    });
  }

  /** Waits until all answers have been compared with the contract. */
  async settled(): Promise<void> {
    await Promise.all(this.#reading);
  }

  async #compare(response: Response): Promise<void> {
    const mediaType = (response.headers()["content-type"] ?? "").split(";")[0] ?? "";
    if (!new URL(response.url()).pathname.startsWith("/api/v1/") || mediaType === "text/event-stream") return;
    // A page that was left takes its answers along.
    const text = await response.text().catch(() => undefined);
    if (text === undefined) return;
    const method = response.request().method().toLowerCase();
    const wrong = violation(method, response.url(), response.status(), mediaType, text);
    if (wrong !== undefined) this.#add(`contract: ${wrong}`);
  }

  #add(complaint: string): void {
    if (!this.#expected.some((pattern) => pattern.test(complaint))) this.found.push(complaint);
  }
}
