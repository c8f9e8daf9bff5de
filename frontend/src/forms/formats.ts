import { format } from "@cfworker/json-schema";
import lengths from "../../../server/forms/iban.lengths.json";

/** The length of an IBAN by its country; the server reads the same file. */
const ibanLengths: Readonly<Record<string, number>> = lengths;

/** The electronic form of what people type: without spaces, in capital letters. */
export function normalIban(typed: string): string {
  return typed.replaceAll(/[ \u00a0]/g, "").toUpperCase();
}

/** An IBAN as it is read: in groups of four. */
export function spacedIban(iban: string): string {
  return normalIban(iban).replaceAll(/(.{4})(?=.)/g, "$1 ");
}

/** Checks an IBAN in its electronic form: the length of its country, and ISO 7064 mod 97-10. */
export function isIban(iban: string): boolean {
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  if (ibanLengths[iban.slice(0, 2)] !== iban.length) return false;
  let rest = 0;
  for (const sign of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Accepts what people write: digits in any grouping, with + in front for abroad; 5 to 15 digits (ITU-T E.164). */
export function isPhone(phone: string): boolean {
  const digits = phone.replaceAll(/[^0-9]/g, "").length;
  return /^\+?[0-9 ()/.-]+$/.test(phone) && digits >= 5 && digits <= 15;
}

/** Makes the formats that JSON Schema does not have known to the validator. */
export function addOwnFormats(): void {
  format["iban"] = isIban;
  format["phone"] = isPhone;
}
