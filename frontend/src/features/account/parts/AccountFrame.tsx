import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useWords } from "../../../i18n";
import { portalQuery } from "../../../api/portal";
import { sessionQuery, worksHere } from "../../../api/session";
import { AnchorButton } from "../../../ui/Button";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";

/** Heading and sub-navigation of the account's pages. Elsewhere than at the account home it leads there. */
export function AccountFrame({ title, children }: { title: string; children: ReactNode }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const staff = worksHere(session);
  if (!portal.isAccountHome && !staff) {
    return (
      <Page narrow>
        <PageHeading title={title} />
        <p>{t("account:elsewhere", { home: portal.accountHome.name })}</p>
        <div>
          <AnchorButton href={session.accountUrl ?? portal.accountHome.url}>
            {t("account:goTo", { home: portal.accountHome.name })}
          </AnchorButton>
        </div>
      </Page>
    );
  }
  return (
    <Page narrow>
      <nav className="pv-subnav" aria-label={t("account:navigation")}>
        <ul>
          {!staff && (
            <>
              <li>
                <Link to="/konto" activeOptions={{ exact: true }}>
                  {t(session.actsFor === undefined ? "account:profile.title" : "account:organisation.title")}
                </Link>
              </li>
              <li>
                <Link to="/konto/dokumente">{t("account:documents.title")}</Link>
              </li>
              <li>
                <Link to="/vollmachten">{t("account:powers")}</Link>
              </li>
              <li>
                <Link to="/konto/einwilligungen">{t("account:consents.title")}</Link>
              </li>
              <li>
                <Link to="/konto/zugriffe">{t("account:accesses.title")}</Link>
              </li>
            </>
          )}
          {!staff && (
            <li>
              <Link to="/konto/daten">{t("account:data.nav")}</Link>
            </li>
          )}
          <li>
            <Link to="/konto/sicherheit">{t("account:security.title")}</Link>
          </li>
          {!staff && (
            <li>
              <Link to="/konto/identitaet">{t("account:identities.title")}</Link>
            </li>
          )}
          <li>
            <Link to="/konto/sitzungen">{t("account:sessions.title")}</Link>
          </li>
        </ul>
      </nav>
      <PageHeading title={title} />
      {children}
    </Page>
  );
}
