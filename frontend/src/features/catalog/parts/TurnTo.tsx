import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { dial } from "./OfficeContact";

/** Where to turn when nobody is known to be competent: offices of the area, 115, and the help of this portal. */
export function TurnTo({ items, helpEmail }: { items: Schemas["TurnTo"][]; helpEmail: string | undefined }) {
  const t = useWords();
  if (items.length === 0 && helpEmail === undefined) return null;
  return (
    <>
      <p>{t("catalog:next.turnTo")}</p>
      <ul className="pv-bullets">
        {items.map((to) => (
          <li key={to.name}>
            {to.organisationId === undefined ? (
              to.name
            ) : (
              <Link to="/stellen/$organisationId" params={{ organisationId: to.organisationId }}>
                {to.name}
              </Link>
            )}
            {to.phone !== undefined && (
              <>
                {", "}
                <a href={dial(to.phone)}>{to.phone}</a>
              </>
            )}
            {to.email !== undefined && (
              <>
                {", "}
                <a href={`mailto:${to.email}`}>{to.email}</a>
              </>
            )}
          </li>
        ))}
        {helpEmail !== undefined && (
          <li>
            {t("offices:turnTo.portal")} <a href={`mailto:${helpEmail}`}>{helpEmail}</a>
          </li>
        )}
      </ul>
    </>
  );
}
