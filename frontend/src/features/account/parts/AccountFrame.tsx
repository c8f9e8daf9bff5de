import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useWords } from "../../../i18n";
import { homeOf, isElsewhere } from "../../../api/homes";
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
  if ((!portal.isAccountHome || isElsewhere(portal, session)) && !worksHere(session)) {
    const home = homeOf(portal, session);
    return (
      <Page narrow>
        <PageHeading title={title} />
        <p>{t("account:elsewhere", { home: home.name })}</p>
        <div>
          <AnchorButton href={session.accountUrl ?? home.url}>
            {t("account:goTo", { home: home.name })}
          </AnchorButton>
        </div>
      </Page>
    );
  }
  return (
    <Page narrow>
      <Navigation title={title} />
      <PageHeading title={title} />
      {children}
    </Page>
  );
}

/** As many as fit into a row of a phone. */
const fewPages = 3;

/** The account's pages: in rows where there is room, on phones behind a button that says where one is. */
function Navigation({ title }: { title: string }) {
  const t = useWords();
  const pages = usePages();
  const [open, setOpen] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const folds = pages.length > fewPages;
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      toggle.current?.focus();
    };
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [open]);
  return (
    <nav className="pv-subnav" aria-label={t("account:navigation")}>
      {folds && (
        <button
          ref={toggle}
          type="button"
          className="pv-subnav__toggle"
          aria-expanded={open}
          aria-controls="account-pages"
          onClick={() => setOpen(!open)}
        >
          <span className="pv-small pv-muted">{t("account:navigation")}</span>{" "}
          <span className="pv-subnav__here">{title}</span>
        </button>
      )}
      <ul id="account-pages" className={folds && !open ? "pv-subnav--closed" : undefined}>
        {pages.map(({ to, words }) => (
          <li key={to}>
            <Link to={to} activeOptions={{ exact: to === "/konto" }}>
              {words}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The pages of the account of whoever is signed in; of those who work here, what they prove themselves with. */
function usePages(): { to: NonNullable<LinkProps["to"]>; words: string }[] {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const security = { to: "/konto/sicherheit", words: t("account:security.title") } as const;
  const sessions = { to: "/konto/sitzungen", words: t("account:sessions.title") } as const;
  if (worksHere(session)) return [security, sessions];
  return [
    {
      to: "/konto",
      words: t(session.actsFor === undefined ? "account:profile.title" : "account:organisation.title"),
    },
    { to: "/konto/dokumente", words: t("account:documents.title") },
    { to: "/vollmachten", words: t("account:powers") },
    { to: "/konto/einwilligungen", words: t("account:consents.title") },
    { to: "/konto/zugriffe", words: t("account:accesses.title") },
    { to: "/konto/daten", words: t("account:data.nav") },
    security,
    { to: "/konto/identitaet", words: t("account:identities.title") },
    sessions,
  ];
}
