import type { Schemas } from "../api/client";
import type { Say } from "../i18n";

/** Says who vouches for an item of the profile. */
export function verifiedBy(origin: Schemas["ItemOrigin"], t: Say): string {
  return t(`common:verified.${origin.origin}`, { by: origin.by ?? "" });
}
