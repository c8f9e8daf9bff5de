import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { LinkButton } from "../../../ui/Button";

/** The link of a mail is used or has run out: what to do then. */
export function LinkUsed({ again }: { again: "registration" | "reset" }) {
  const t = useWords();
  const registration = again === "registration";
  return (
    <Alert kind="warning" title={t("signin:confirm.usedTitle")} live>
      <p>{registration ? t("signin:confirm.usedText") : t("signin:newPassword.usedText")}</p>
      <div className="pv-actions">
        {registration ? (
          <>
            <LinkButton to="/anmelden">{t("common:session.signIn")}</LinkButton>
            <LinkButton to="/registrieren" variant="secondary">
              {t("signin:register.link")}
            </LinkButton>
          </>
        ) : (
          <LinkButton to="/passwort-vergessen">{t("signin:newPassword.again")}</LinkButton>
        )}
      </div>
    </Alert>
  );
}
