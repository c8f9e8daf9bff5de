import { currentLanguage } from "../i18n";
import type { Schemas } from "./client";
import type { Session } from "./session";

type Portal = Schemas["Portal"];
export type AccountHome = Schemas["PortalReference"];

/** Whether people sign in at a page of this portal, or choose there where; else they go straight to the only account home. */
export const hasSignInPage = (portal: Portal): boolean =>
  portal.isAccountHome || portal.accountHomes.length !== 1;

/** Whether the account of who is signed in is at another portal. */
export const isElsewhere = (portal: Portal, session: Session): boolean =>
  session.accountHome !== undefined && session.accountHome.id !== portal.id;

/** The portal that keeps the account of who is signed in; else the one that is offered first. */
export const homeOf = (portal: Portal, session: Session): AccountHome =>
  session.accountHome ?? portal.accountHome;

/** Who keeps the account: by name the person's own home, while nobody is signed in all that come into question. */
export function homeNames(portal: Portal, session: Session): string {
  if (session.accountHome !== undefined) return session.accountHome.name;
  const names = portal.accountHomes.map((home) => home.name);
  if (names.length === 0) return portal.accountHome.name;
  return new Intl.ListFormat(currentLanguage(), { type: "disjunction" }).format(names);
}

/** The account homes beside this portal, the one that this browser used last first. */
export function otherHomes(portal: Portal, session: Session): AccountHome[] {
  const others = portal.accountHomes.filter((home) => home.id !== portal.id);
  const last = others.filter((home) => home.id === session.lastAccountHome);
  return [...last, ...others.filter((home) => home.id !== session.lastAccountHome)];
}
