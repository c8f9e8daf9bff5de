import { useWords } from "../../../i18n";
import type { Organisation } from "../api";

/** A number as telephones take it. */
export const dial = (phone: string): string => `tel:${phone.replaceAll(/[^+\d]/g, "")}`;

export function OfficeAddress({ organisation: { address } }: { organisation: Organisation }) {
  if (!address) return null;
  return (
    <address className="pv-address">
      {address.street} {address.houseNumber}
      <br />
      {address.postalCode} {address.city}
    </address>
  );
}

/** How to reach an office. */
export function OfficeContact({ organisation }: { organisation: Organisation }) {
  const t = useWords();
  const { phone, email, url } = organisation;
  if (phone === undefined && email === undefined && url === undefined) return null;
  return (
    <ul className="pv-bare">
      {phone !== undefined && (
        <li>
          {t("catalog:office.phone")}: <a href={dial(phone)}>{phone}</a>
        </li>
      )}
      {email !== undefined && (
        <li>
          {t("catalog:office.email")}: <a href={`mailto:${email}`}>{email}</a>
        </li>
      )}
      {url !== undefined && (
        <li>
          <a href={url} rel="noreferrer">
            {t("catalog:office.website")}
          </a>
        </li>
      )}
    </ul>
  );
}
