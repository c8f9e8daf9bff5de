import { useState } from "react";

/** The token of a mail's link. It travels behind `#`, which no server and no log sees; it is taken out of the address at once. */
export function useHashToken(): string | undefined {
  const [token] = useState(
    () => new URLSearchParams(window.location.hash.slice(1)).get("token") ?? undefined,
  );
  return token;
}
