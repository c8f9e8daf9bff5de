import * as data from "./fixtures";
import type { Scene } from "./mock";

const atHome = { portal: data.accountHome };
const service = data.service.id;
const application = data.question.id;

/** Every page, in the states that it can be in. */
export const scenes: Record<string, Scene & { path: string }> = {
  start: { path: "/" },
  "start-own": { path: "/", stored: { place: data.storedPlace, favourites: data.favourites } },
  "a-z": { path: "/a-z" },
  "a-z-letter": { path: "/a-z/s" },
  "a-z-none": { path: "/a-z/q", answers: [[/a-z$/, { ...data.register, items: [], total: 0 }]] },
  "a-z-error": { path: "/a-z", answers: [[/a-z$/, 503]] },
  "life-situation": { path: "/lebenslagen/pets" },
  "life-situation-empty": { path: "/lebenslagen/pets", answers: [[/^\/services$/, { items: [], total: 0 }]] },
  "life-situation-unknown": { path: "/lebenslagen/unbekannt" },
  favourites: { path: "/merkliste", stored: { favourites: data.favourites } },
  "favourites-none": { path: "/merkliste" },
  "results-filtered": { path: "/suche?q=hund&ars=034540035035&kategorie=pets&fuer=privat" },
  "results-filtered-none": {
    path: "/suche?q=xyz&kategorie=pets",
    answers: [[/^\/services$/, { items: [], total: 0 }]],
  },
  results: { path: "/suche?q=hund&ars=034540035035" },
  "results-none": { path: "/suche?q=xyz", answers: [[/^\/services$/, { items: [], total: 0 }]] },
  "results-error": { path: "/suche?q=hund", answers: [[/^\/services$/, 503]] },
  service: { path: `/leistungen/${service}?ars=034540035035` },
  "service-full": {
    path: `/leistungen/${service}?ars=034540035035`,
    answers: [[/^\/services\/[^/]+$/, data.fullService]],
  },
  "service-easy": {
    path: `/leistungen/${service}?ars=034540035035&sprache=de-x-ls`,
    answers: [[/^\/services\/[^/]+$/, data.easyService]],
  },
  "service-foreign": {
    path: `/leistungen/${service}?ars=034540035035`,
    answers: [[/^\/services\/[^/]+$/, data.foreignService]],
  },
  "service-kept": {
    path: `/leistungen/${service}?ars=034540035035`,
    stored: { favourites: [{ id: service, title: data.service.title, teaser: "" }] },
  },
  "service-choose": { path: `/leistungen/${service}`, answers: [[/offers$/, data.offersChoose]] },
  "service-place": { path: `/leistungen/${service}`, answers: [[/offers$/, data.offersPlaceNeeded]] },
  "service-unknown": { path: `/leistungen/${service}`, answers: [[/^\/services\//, 404]] },
  "apply-signed-out": { path: `/leistungen/${service}/antrag?ars=034540035035` },
  apply: { path: `/leistungen/${service}/antrag?ars=034540035035`, session: data.citizen },
  applications: { path: "/antraege", session: data.citizen },
  "applications-none": {
    path: "/antraege",
    session: data.citizen,
    answers: [[/^\/applications$/, { items: [] }]],
  },
  "applications-signed-out": { path: "/antraege" },
  application: { path: `/antraege/${application}`, session: data.citizen },
  "application-granted": {
    path: `/antraege/${application}`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.granted]],
  },
  form: {
    path: `/antraege/${application}/bearbeiten`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.emptyDraft]],
  },
  "form-prefilled": {
    path: `/antraege/${application}/bearbeiten`,
    session: data.citizen,
    answers: [
      [/^\/applications\/[^/]+$/, data.emptyDraft],
      [/prefill$/, data.prefillAvailable],
    ],
  },
  "form-dogs": {
    path: `/antraege/${application}/bearbeiten?schritt=dogs`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.draft]],
  },
  "form-papers": {
    path: `/antraege/${application}/bearbeiten?schritt=papers`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.draft]],
  },
  "form-review": {
    path: `/antraege/${application}/bearbeiten?schritt=pruefen`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.draft]],
  },
  receipt: { path: `/antraege/${application}/quittung`, session: data.citizen },
  mailbox: { path: "/postfach", session: data.citizen },
  message: { path: `/postfach/${data.message.id}`, session: data.citizen },
  "sign-in": { path: "/anmelden?error=unavailable" },
  "sign-in-home": { path: "/anmelden", ...atHome },
  "sign-in-request": {
    path: `/anmelden?request=${data.request.id}`,
    ...atHome,
    answers: [[/requests/, { ...data.request, step: "signIn" }]],
  },
  consent: { path: `/anmelden?request=${data.request.id}`, ...atHome, session: data.citizen },
  register: { path: "/registrieren", ...atHome },
  "register-confirm-used": { path: "/registrieren/bestaetigen", ...atHome },
  forgotten: { path: "/passwort-vergessen", ...atHome },
  "new-password": { path: "/passwort-neu#token=abc", ...atHome },
  "new-email": { path: "/konto/adresse-bestaetigen#token=abc", ...atHome },
  profile: { path: "/konto", ...atHome, session: data.citizen },
  consents: { path: "/konto/einwilligungen", ...atHome, session: data.citizen },
  accesses: { path: "/konto/zugriffe", ...atHome, session: data.citizen },
  security: { path: "/konto/sicherheit", ...atHome, session: data.citizen },
  sessions: { path: "/konto/sitzungen", ...atHome, session: data.citizen },
  "staff-sign-in": { path: "/mitarbeit/anmelden" },
  inbox: { path: "/mitarbeit", session: data.clerk },
  case: { path: `/mitarbeit/vorgaenge/${data.caseItem.id}`, session: data.clerk },
  "editing-overview": { path: "/redaktion", session: data.editor },
  "editing-forbidden": { path: "/redaktion", session: data.citizen },
  imprint: { path: "/impressum" },
  privacy: { path: "/datenschutz" },
  accessibility: { path: "/barrierefreiheit" },
  "not-found": { path: "/gibt-es-nicht" },
  unreachable: { path: "/", answers: [[/^\/portal$/, 503]] },
};
