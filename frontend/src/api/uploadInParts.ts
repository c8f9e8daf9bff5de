import type { DetailedError } from "tus-js-client";
import { currentLanguage } from "../i18n";
import { currentCsrfToken } from "./client";
import { ConnectionProblem, toProblem } from "./problem";

/** How far an upload is. */
export interface UploadProgress {
  /** 0 to 1. */
  part: number;
  /** The line is broken; it goes on by itself. */
  waiting?: boolean;
}

/** When to try again after the line broke, in milliseconds: soon at first, then twice a minute for half an hour. */
const retryDelays = [0, 1000, 2000, 4000, 8000, 15_000, ...Array.from({ length: 60 }, () => 30_000)];

/** Bytes of a request: few enough for proxies that limit them, in size or in time. */
const chunkSize = 8 * 1024 * 1024;

/**
 * Sends a file in parts, after tus 1.0: what has arrived stays when the line breaks, and it goes on there. `uploadUrl` goes on with an upload that
 * began earlier. Gives the address of the upload. Ending it by `signal` also deletes what has arrived.
 */
export async function uploadInParts(
  file: File,
  options: {
    endpoint: string;
    uploadUrl?: string | undefined;
    metadata: Record<string, string>;
    onProgress: (progress: UploadProgress) => void;
    signal?: AbortSignal | undefined;
  },
): Promise<string> {
  const [{ Upload }, token] = await Promise.all([import("tus-js-client"), currentCsrfToken()]);
  const { signal, onProgress, metadata } = options;
  return new Promise<string>((resolve, reject) => {
    let part = 0;
    const upload = new Upload(file, {
      endpoint: absolute(options.endpoint),
      ...(options.uploadUrl !== undefined && { uploadUrl: absolute(options.uploadUrl) }),
      metadata,
      headers: { "Accept-Language": currentLanguage(), "X-CSRF-Token": token },
      storeFingerprintForResuming: false, // the portal knows the upload, on every device
      chunkSize,
      retryDelays,
      onShouldRetry(error) {
        const again = mayGoOn(error);
        if (again) onProgress({ part, waiting: true });
        return again;
      },
      onProgress(sent, total) {
        part = sent / total;
        onProgress({ part });
      },
      onError: (error) => reject(asProblem(error)),
      onSuccess: () => resolve(upload.url ?? ""),
    });
    signal?.addEventListener("abort", () => {
      void upload.abort(true).catch(() => undefined); // what stays is deleted when it runs out
      reject(new DOMException("aborted", "AbortError"));
    });
    upload.start();
  });
}

function absolute(address: string): string {
  return new URL(address, window.location.origin).href;
}

/** Whether an upload that failed may go on: no answer, a portal that is busy, or an offset that has moved. */
function mayGoOn(error: Error | DetailedError): boolean {
  const { status, method } = answered(error);
  return (
    status === 0 ||
    status === 423 ||
    status === 429 ||
    status >= 500 ||
    (status === 409 && method === "PATCH")
  );
}

/** What the portal has answered to the request that failed; status 0 when it has not. */
function answered(error: Error | DetailedError): { status: number; method: string; body: string } {
  const response = "originalResponse" in error ? error.originalResponse : null;
  const request = "originalRequest" in error ? error.originalRequest : null;
  return {
    status: response?.getStatus() ?? 0,
    method: request?.getMethod() ?? "",
    body: response?.getBody() ?? "",
  };
}

function asProblem(error: Error | DetailedError): Error {
  const { status, body } = answered(error);
  if (status === 0) return new ConnectionProblem(error);
  let problem: unknown;
  try {
    problem = JSON.parse(body);
  } catch {
    problem = undefined;
  }
  return toProblem(problem, { status });
}
