import type { components } from "./schema";

type Problem = components["schemas"]["Problem"];
export type FieldError = components["schemas"]["FieldError"];

/** An error that the portal answered with, as RFC 9457 problem details. */
export class ApiProblem extends Error {
  readonly status: number;
  /** Stable word for programs, such as `place-unknown`. */
  readonly code: string | undefined;
  /** What to do about it, in the language asked for. */
  readonly detail: string | undefined;
  /** To be named to the help desk. */
  readonly requestId: string | undefined;
  readonly errors: FieldError[];
  /** Seconds to wait before trying again, where the portal said so. */
  readonly retryAfter: number | undefined;

  constructor(problem: Partial<Problem>, response: { status: number; headers?: Headers }) {
    super(problem.title ?? `HTTP ${response.status}`);
    this.name = "ApiProblem";
    this.status = problem.status ?? response.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.requestId = problem.requestId ?? response.headers?.get("X-Request-Id") ?? undefined;
    this.errors = problem.errors ?? [];
    const seconds = Number(response.headers?.get("Retry-After"));
    this.retryAfter = Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
  }
}

/** The portal could not be reached: no network, or it does not answer. */
export class ConnectionProblem extends Error {
  constructor(cause: unknown) {
    super("connection failed", { cause });
    this.name = "ConnectionProblem";
  }
}

/** Whether an error is the portal's answer with this status. */
export function hasStatus(error: unknown, status: number): error is ApiProblem {
  return error instanceof ApiProblem && error.status === status;
}

/** Turns the body of a failed answer, parsed or not, into an error. */
export function toProblem(body: unknown, response: { status: number; headers?: Headers }): ApiProblem {
  const problem = typeof body === "object" && body !== null ? (body as Partial<Problem>) : {};
  return new ApiProblem(problem, response);
}
