import { useSuspenseQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { hasSignInPage } from "../../api/homes";
import { portalQuery } from "../../api/portal";
import { signInAddress } from "../../api/session";
import { useWords } from "../../i18n";
import { AnchorButton, LinkButton } from "../../ui/Button";
import { PageHeading } from "../../ui/PageHeading";

/** Says that a page is for signed-in persons, and leads to the sign-in and back. */
export function SignInNeeded() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const returnTo = useLocation({ select: (location) => location.href });
  return (
    <div className="pv-page pv-main pv-stack">
      <PageHeading title={t("signInNeeded.title")} />
      <p className="pv-text">{t("signInNeeded.text")}</p>
      <div>
        {hasSignInPage(portal) ? (
          <LinkButton to="/anmelden" search={{ returnTo }}>
            {t("session.signIn")}
          </LinkButton>
        ) : (
          <AnchorButton href={signInAddress(returnTo)}>{t("session.signIn")}</AnchorButton>
        )}
      </div>
    </div>
  );
}
