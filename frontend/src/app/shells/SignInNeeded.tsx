import { useLocation } from "@tanstack/react-router";
import { useWords } from "../../i18n";
import { LinkButton } from "../../ui/Button";
import { PageHeading } from "../../ui/PageHeading";

/** Says that a page is for signed-in persons, and leads to the sign-in and back. */
export function SignInNeeded() {
  const t = useWords();
  const returnTo = useLocation({ select: (location) => location.href });
  return (
    <div className="pv-page pv-main pv-stack">
      <PageHeading title={t("signInNeeded.title")} />
      <p className="pv-text">{t("signInNeeded.text")}</p>
      <div>
        <LinkButton to="/anmelden" search={{ returnTo }}>
          {t("session.signIn")}
        </LinkButton>
      </div>
    </div>
  );
}
