import { useSuspenseQuery } from "@tanstack/react-query";
import { sessionQuery } from "../../api/session";
import { useWords } from "../../i18n";
import { LinkButton } from "../../ui/Button";
import { PageHeading } from "../../ui/PageHeading";

/** Says that a page is not for the person who is signed in, or what they must set up before it is. */
export function Forbidden() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (session.secondFactorNeeded === true) {
    return (
      <div className="pv-page pv-main pv-stack">
        <PageHeading title={t("error.factorTitle")} />
        <p className="pv-text">
          {t(session.directory === undefined ? "error.factorText" : "error.factorDirectory")}
        </p>
        <div className="pv-actions">
          <LinkButton to="/konto/sicherheit">{t("error.factorSetUp")}</LinkButton>
          <LinkButton to="/mitarbeit/anmelden" variant="secondary">
            {t("error.factorUse")}
          </LinkButton>
        </div>
      </div>
    );
  }
  return (
    <div className="pv-page pv-main pv-stack">
      <PageHeading title={t("error.forbiddenTitle")} />
      <p className="pv-text">{t("error.forbiddenText")}</p>
    </div>
  );
}
