import { Link } from "@tanstack/react-router";
import { hasRole, hasRoleSomewhere, isEditor, type Session } from "../../api/session";
import { useWords } from "../../i18n";

type Area = "desk" | "treasury" | "editing" | "administration";

/** Links to the areas of those who work here, as far as the person of a session has something to do there; without the one that has links of its own. */
export function WorkLinks({ session, without }: { session: Session; without?: Area }) {
  const t = useWords();
  return (
    <>
      {without !== "desk" && hasRoleSomewhere(session, "clerk") && (
        <li>
          <Link to="/mitarbeit">{t("nav.inbox")}</Link>
        </li>
      )}
      {without !== "treasury" && hasRole(session, "treasurer") && (
        <li>
          <Link to="/kasse">{t("nav.treasury")}</Link>
        </li>
      )}
      {without !== "editing" && isEditor(session) && (
        <li>
          <Link to="/redaktion">{t("nav.editing")}</Link>
        </li>
      )}
      {without !== "administration" && hasRoleSomewhere(session, "admin") && (
        <li>
          <Link to={hasRole(session, "admin") ? "/verwaltung/anwendungen" : "/verwaltung/beschaeftigte"}>
            {t("nav.administration")}
          </Link>
        </li>
      )}
    </>
  );
}
