import { useSuspenseQuery } from "@tanstack/react-query";
import { Navigate, Outlet } from "@tanstack/react-router";
import { useWords } from "../../i18n";
import { isStaff, sessionQuery } from "../../api/session";
import { PageHeading } from "../../ui/PageHeading";

/** Shows the pages below only to people who work here. */
export function RequireStaff() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (!session.signedIn) return <Navigate to="/mitarbeit/anmelden" replace />;
  if (isStaff(session)) return <Outlet />;
  return (
    <div className="pv-page pv-main pv-stack">
      <PageHeading title={t("error.forbiddenTitle")} />
      <p className="pv-text">{t("error.forbiddenText")}</p>
    </div>
  );
}
