import createClient, { type Middleware } from "openapi-fetch";
import { currentLanguage } from "../i18n";
import { ConnectionProblem, toProblem } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

let csrfToken = "";

/** Keeps the token that changes carry; it comes with every answer about the session. */
export function keepCsrfToken(token: string): void {
  csrfToken = token;
}

/** The token for changes, fetched when no answer about the session has brought one yet. */
export async function currentCsrfToken(): Promise<string> {
  if (csrfToken === "") {
    const session = await answer(api.GET("/api/v1/session"));
    keepCsrfToken(session.csrfToken);
  }
  return csrfToken;
}

const headers: Middleware = {
  async onRequest({ request }) {
    request.headers.set("Accept-Language", currentLanguage());
    if (request.method !== "GET" && request.method !== "HEAD") {
      request.headers.set("X-CSRF-Token", await currentCsrfToken());
    }
    return request;
  },
};

/** The typed client of the contract. Wrap its calls in `answer` to get the body or an error. */
export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
api.use(headers);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

async function send<T>(call: Promise<Answered<T>>): Promise<Answered<T>> {
  let result: Answered<T>;
  try {
    result = await call;
  } catch (error) {
    if (error instanceof TypeError) throw new ConnectionProblem(error);
    throw error;
  }
  if (!result.response.ok) throw toProblem(result.error, result.response);
  return result;
}

/** Waits for a call: the body when it went well, an ApiProblem or a ConnectionProblem when not. */
export async function answer<T>(call: Promise<Answered<T>>): Promise<T> {
  return (await send(call)).data as T;
}

/** As answer, with the version of what was read, for `If-Match`. */
export async function answerWithETag<T>(call: Promise<Answered<T>>): Promise<{ data: T; etag: string }> {
  const { data, response } = await send(call);
  return { data: data as T, etag: response.headers.get("ETag") ?? "" };
}

/** A new key for a request that must have its effect once; repeat the request with the same key. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}
