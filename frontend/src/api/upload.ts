import { currentLanguage } from "../i18n";
import { currentCsrfToken } from "./client";
import { ConnectionProblem, toProblem } from "./problem";

/**
 * Sends a file as the body of a POST, with `headers` of its own, and tells how far it is (0 to 1). XMLHttpRequest, because fetch does not report the
 * progress of what it sends.
 */
export async function uploadFile<T>(
  address: string,
  file: File,
  onProgress: (part: number) => void,
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): Promise<T> {
  const token = await currentCsrfToken();
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept-Language", currentLanguage());
    request.setRequestHeader("X-CSRF-Token", token);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as T);
      else reject(toProblem(request.response, { status: request.status }));
    });
    request.addEventListener("error", () => reject(new ConnectionProblem(request)));
    request.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
