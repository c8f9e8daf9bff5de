import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useLocation, useRouter } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { hasSignInPage } from "../../api/homes";
import { portalQuery } from "../../api/portal";
import { sessionQuery, signInAddress, signOut } from "../../api/session";
import { chooseLanguage, currentLanguage, type Language, useWords } from "../../i18n";
import { classes } from "../../lib/classes";
import { Icon } from "../../ui/Icon";
import { useStatus } from "../../ui/Status";

/** The link that keyboard users meet first. */
export function SkipLink() {
  const t = useWords();
  return (
    <a
      className="pv-skip"
      href="#content"
      onClick={(event) => {
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}
    >
      {t("skipToContent")}
    </a>
  );
}

/** Says on every page of a demonstration that it is one. */
export function DemoBanner() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  if (!portal.demonstration) return null;
  return (
    <aside className="pv-demo" aria-label={t("demo.label")}>
      <div className="pv-page">{t("demo.text")}</div>
    </aside>
  );
}

/** Name of the portal and its association, language, session, and the main menu that the shell gives. */
export function Header({ subtitle, children }: { subtitle: string; children: ReactNode }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const pathname = useLocation({ select: (location) => location.pathname });
  const [openAt, setOpenAt] = useState<string>();
  const open = openAt === pathname;
  return (
    <header className="pv-header">
      <div className="pv-page">
        <div className="pv-header__bar">
          <Link to="/" className="pv-brand">
            <Mark />
            <span>
              <span className="pv-brand__name">{portal.name}</span>
              <span className="pv-brand__sub">{subtitle}</span>
            </span>
          </Link>
          <div className="pv-header__tools">
            <LanguageSwitch />
            <SessionState />
            <button
              type="button"
              className="pv-tool pv-nav__toggle"
              aria-expanded={open}
              aria-controls="main-navigation"
              onClick={() => setOpenAt(open ? undefined : pathname)}
            >
              <Icon name={open ? "close" : "dehaze"} />
              {t("menu")}
            </button>
          </div>
        </div>
        <nav
          id="main-navigation"
          className={classes("pv-nav", !open && "pv-nav--closed")}
          aria-label={t("mainNavigation")}
        >
          <ul>{children}</ul>
        </nav>
      </div>
    </header>
  );
}

/** Three linked portals. */
function Mark() {
  return (
    <svg
      className="pv-brand__mark"
      viewBox="0 0 44 44"
      fill="none"
      stroke="currentColor"
      strokeWidth="3"
      aria-hidden
    >
      <path d="M14 16h16M13 18l8 13M31 18l-8 13" />
      <circle cx="11" cy="15" r="6" fill="var(--kern-color-layout-background-default)" />
      <circle cx="33" cy="15" r="6" fill="var(--kern-color-layout-background-default)" />
      <circle cx="22" cy="33" r="6" fill="currentColor" />
    </svg>
  );
}

function LanguageSwitch() {
  const t = useWords();
  const queryClient = useQueryClient();
  const other: Language = currentLanguage() === "de" ? "en" : "de";
  const change = async () => {
    await chooseLanguage(other);
    await queryClient.invalidateQueries();
  };
  return (
    <button type="button" className="pv-tool" lang={other} onClick={() => void change()}>
      <Icon name="language" />
      <span className="pv-tool__text">{t("language.switchTo")}</span>
    </button>
  );
}

/** Who is signed in; else the way to the sign-in; where there is nothing to choose, straight to the account home and back. */
function SessionState() {
  const t = useWords();
  const queryClient = useQueryClient();
  const router = useRouter();
  const status = useStatus();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const returnTo = useLocation({ select: (location) => location.href });
  const isSignInPage = useLocation({ select: (location) => location.pathname.endsWith("/anmelden") });
  if (!session.signedIn) {
    if (isSignInPage) return null;
    const label = (
      <>
        <Icon name="account-circle" />
        <span className="pv-tool__text">{t("session.signIn")}</span>
      </>
    );
    return hasSignInPage(portal) ? (
      <Link to="/anmelden" search={{ returnTo }} className="pv-tool">
        {label}
      </Link>
    ) : (
      <a href={signInAddress(returnTo)} className="pv-tool">
        {label}
      </a>
    );
  }
  const leave = async () => {
    try {
      await signOut(queryClient);
    } catch {
      status(t("error.title"));
      await router.invalidate();
    }
  };
  return (
    <>
      {session.displayName !== undefined && (
        <span className="pv-small pv-tool__text">
          {session.actsFor === undefined
            ? t("session.signedInAs", { name: session.displayName })
            : t("session.actsFor", { name: session.displayName, organisation: session.actsFor.name })}
        </span>
      )}
      <button type="button" className="pv-tool" onClick={() => void leave()}>
        <Icon name="logout" />
        <span className="pv-tool__text">{t("session.signOut")}</span>
      </button>
    </>
  );
}
