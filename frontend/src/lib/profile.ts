import type { Schemas } from "../api/client";

/** What a profile can hold, in the order in which people read it. */
export const profileItems: readonly Schemas["ProfileItem"][] = [
  "givenName",
  "familyName",
  "birthName",
  "birthDate",
  "birthPlace",
  "nationality",
  "street",
  "houseNumber",
  "postalCode",
  "city",
  "email",
  "phone",
  "iban",
  "accountHolder",
  "children",
  "vehicles",
];
