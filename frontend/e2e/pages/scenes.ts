import { picture } from "../support/forms";
import * as linked from "./association";
import * as built from "./builder";
import * as data from "./fixtures";
import { jointScenes } from "./joint";
import type { Scene } from "./mock";
import * as competence from "./offices";
import * as regional from "./providers";
import { questionScenes } from "./questions";
import { serviceScenes } from "./services";
import * as imports from "./sources";
import { treasuryScenes } from "./treasury";

const atHome = { portal: data.accountHome };
const administrator = { ...data.editor, roles: ["editor" as const, "admin" as const] };
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
  "life-situation-parts": { path: "/lebenslagen/moving" },
  "life-situation-part": { path: "/lebenslagen/registration" },
  "life-situation-empty": { path: "/lebenslagen/pets", answers: [[/^\/services$/, data.noServices]] },
  "life-situation-unknown": { path: "/lebenslagen/unbekannt" },
  favourites: { path: "/merkliste", stored: { favourites: data.favourites } },
  "favourites-none": { path: "/merkliste" },
  "results-filtered": { path: "/suche?q=hund&ars=034540035035&kategorie=pets&fuer=privat" },
  "results-filtered-none": {
    path: "/suche?q=xyz&kategorie=pets",
    answers: [[/^\/search$/, data.foundNothing]],
  },
  results: { path: "/suche?q=hund&ars=034540035035" },
  "results-everything": {
    path: "/suche?q=hund%20meppen",
    answers: [[/^\/search$/, data.foundEverything]],
  },
  "results-offices": {
    path: "/suche?q=amt&art=stelle",
    answers: [[/^\/search$/, data.foundEverything]],
  },
  "results-forms": {
    path: "/suche?q=hund&art=formular",
    answers: [[/^\/search$/, data.foundEverything]],
  },
  "results-corrected": {
    path: "/suche?q=hundesteier",
    answers: [[/^\/search$/, { ...data.found, correction: { words: "hundesteuer", applied: true } }]],
  },
  "results-none": {
    path: "/suche?q=xyz&ars=034540035035",
    answers: [[/^\/search$/, data.foundNothing]],
  },
  "results-error": { path: "/suche?q=hund", answers: [[/^\/search$/, 503]] },
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
  "service-partly": {
    path: `/leistungen/${service}?ars=034540035035`,
    answers: [[/^\/services\/[^/]+$/, data.partlyService]],
  },
  "service-ended": {
    path: `/leistungen/${service}?ars=034540035035`,
    answers: [[/^\/services\/(?!a-z|popular|suggest)[^/]+$/, 410]],
  },
  "service-kept": {
    path: `/leistungen/${service}?ars=034540035035`,
    stored: { favourites: [{ id: service, title: data.service.title, teaser: "" }] },
  },
  "service-choose": { path: `/leistungen/${service}`, answers: [[/offers$/, data.offersChoose]] },
  "service-place": { path: `/leistungen/${service}`, answers: [[/offers$/, data.offersPlaceNeeded]] },
  "service-question": { path: `/leistungen/${service}`, answers: [[/offers$/, competence.offersAsked]] },
  "service-none": {
    path: `/leistungen/${service}?ars=034540035035`,
    answers: [[/offers$/, competence.offersNone]],
  },
  "service-special-hours": {
    path: `/leistungen/${service}?ars=034540035035`,
    answers: [
      [
        /offers$/,
        { ...data.offers, items: data.offers.items.map((o) => ({ ...o, organisation: competence.office })) },
      ],
    ],
  },
  why: { path: `/leistungen/${service}/zustaendigkeit?ars=034540035035` },
  "why-question": {
    path: `/leistungen/${service}/zustaendigkeit?ars=034540035035`,
    answers: [[/offers$/, competence.offersAsked]],
  },
  "why-none": {
    path: `/leistungen/${service}/zustaendigkeit?ars=034540035035`,
    answers: [[/offers$/, competence.offersNone]],
  },
  "why-place": { path: `/leistungen/${service}/zustaendigkeit` },
  "why-error": {
    path: `/leistungen/${service}/zustaendigkeit?ars=034540035035`,
    answers: [[/explanation$/, 503]],
  },
  offices: { path: "/stellen" },
  "offices-place": { path: "/stellen?q=amt&ars=034540035035&buchstabe=B" },
  "offices-none": { path: "/stellen?q=xyz", answers: [[/^\/organisations$/, competence.noOffices]] },
  "offices-error": { path: "/stellen", answers: [[/^\/organisations$/, 503]] },
  office: { path: `/stellen/${competence.office.id}` },
  "office-bare": {
    path: `/stellen/${competence.office.id}`,
    answers: [
      [/^\/organisations\/[^/]+$/, competence.bareOffice],
      [/^\/organisations\/[^/]+\/services$/, { items: [] }],
    ],
  },
  "office-unknown": {
    path: `/stellen/${competence.office.id}`,
    answers: [[/^\/organisations\/[^/]+$/, 404]],
  },
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
  "application-scanner": {
    path: `/antraege/${application}`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.scannedApplication]],
    open: ["Ihre Angaben"],
  },
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
  ...serviceScenes,
  ...jointScenes,
  ...questionScenes,
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
  "form-scanner": {
    path: `/antraege/${application}/bearbeiten?schritt=papers`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.scannedDraft]],
  },
  "form-photos": {
    path: `/antraege/${application}/bearbeiten?schritt=papers`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.draft]],
    choose: {
      field: "Impfpass",
      files: [picture("Impfpass Vorderseite.png", 3000, 2000), picture("Impfpass Rückseite.png", 600, 900)],
      until: /Rückseite/,
    },
  },
  "form-review": {
    path: `/antraege/${application}/bearbeiten?schritt=pruefen`,
    session: data.citizen,
    answers: [[/^\/applications\/[^/]+$/, data.draft]],
  },
  receipt: { path: `/antraege/${application}/quittung`, session: data.citizen },
  mailbox: { path: "/postfach", session: data.citizen },
  message: { path: `/postfach/${data.message.id}`, session: data.citizen },
  "message-fetching": {
    path: `/postfach/${data.message.id}`,
    session: data.citizen,
    answers: [
      [
        /^\/mailbox\/[^/]+$/,
        {
          ...data.decisionMessage,
          safe: { state: "fetching", missing: data.decisionMessage.documents?.map(({ id }) => id) },
        },
      ],
    ],
    press: "Löschen",
  },
  "message-no-room": {
    path: `/postfach/${data.message.id}`,
    session: data.citizen,
    answers: [[/^\/mailbox\/[^/]+$/, { ...data.decisionMessage, safe: { state: "noRoom" } }]],
  },
  "sign-in": { path: "/anmelden?error=unavailable" },
  "sign-in-choice": {
    path: `/anmelden?error=unavailable&home=${encodeURIComponent(data.portal.accountHome.id)}`,
    portal: data.twoHomes,
    session: { ...data.signedOut, lastAccountHome: data.twoHomes.accountHomes[1]?.id },
  },
  "sign-in-home-of-two": { path: "/anmelden", portal: data.oneOfTwoHomes },
  "register-choice": { path: "/registrieren", portal: data.twoHomes },
  "sign-in-home": { path: "/anmelden", ...atHome },
  "sign-in-request": {
    path: `/anmelden?request=${data.request.id}`,
    ...atHome,
    answers: [[/requests/, { ...data.request, step: "signIn" }]],
  },
  consent: { path: `/anmelden?request=${data.request.id}`, ...atHome, session: data.citizen },
  register: { path: "/registrieren", ...atHome },
  "register-passkey": { path: "/registrieren/passkey#token=abc", ...atHome },
  recovery: { path: "/passkey-neu#token=abc", ...atHome },
  "security-passkeys-only": {
    path: "/konto/sicherheit",
    ...atHome,
    session: data.citizen,
    answers: [
      [
        /credentials$/,
        { ...data.credentials, hasPassword: false, oneTimeCodes: false, recoveryCodesLeft: 0 },
      ],
    ],
  },
  "register-confirm-used": { path: "/registrieren/bestaetigen", ...atHome },
  forgotten: { path: "/passwort-vergessen", ...atHome },
  "new-password": { path: "/passwort-neu#token=abc", ...atHome },
  "new-email": { path: "/konto/adresse-bestaetigen#token=abc", ...atHome },
  profile: { path: "/konto", ...atHome, session: data.citizen },
  "account-data": { path: "/konto/daten", ...atHome, session: data.citizen },
  "account-data-scheduled": {
    path: "/konto/daten",
    ...atHome,
    session: data.citizen,
    answers: [[/deletion$/, { ...data.deletion, state: "scheduled", dueAt: "2026-12-13T09:00:00Z" }]],
  },
  "profile-proposal": {
    path: "/konto",
    ...atHome,
    session: data.citizen,
    answers: [[/proposals$/, data.proposals]],
  },
  powers: { path: "/vollmachten", ...atHome, session: data.citizen },
  "powers-none": {
    path: "/vollmachten",
    ...atHome,
    session: data.citizen,
    answers: [[/powers$/, { items: [] }]],
  },
  "powers-elsewhere": { path: "/vollmachten", session: data.citizen },
  power: { path: `/vollmachten/${data.power.id}`, ...atHome, session: data.citizen },
  "power-to-confirm": {
    path: `/vollmachten/${data.power.id}`,
    ...atHome,
    session: data.citizen,
    answers: [[/powers\/[^/]+$/, data.powerToConfirm]],
  },
  "power-new": { path: "/vollmachten/neu", ...atHome, session: data.citizen },
  "power-invitation": {
    path: "/vollmachten/annehmen#token=x",
    ...atHome,
    session: data.citizen,
    answers: [[/power-invitations$/, { ...data.powerToConfirm, side: "received", state: "invited" }]],
  },
  "power-invitation-old": {
    path: "/vollmachten/annehmen#token=x",
    ...atHome,
    session: data.citizen,
    answers: [[/power-invitations$/, 410]],
  },
  "power-invitation-signed-out": { path: "/vollmachten/annehmen#token=x", ...atHome },
  "acting-for": { path: "/handeln-fuer", session: data.actingCitizen },
  "acting-for-error": { path: "/handeln-fuer", session: data.citizen, answers: [[/received$/, 503]] },
  "acting-service": { path: `/leistungen/${service}/antrag?ars=034540035035`, session: data.actingCitizen },
  consents: { path: "/konto/einwilligungen", ...atHome, session: data.citizen },
  accesses: { path: "/konto/zugriffe", ...atHome, session: data.citizen },
  security: { path: "/konto/sicherheit", ...atHome, session: data.citizen },
  "security-mail-returned": {
    path: "/konto/sicherheit",
    ...atHome,
    session: data.citizen,
    answers: [[/^\/account\/profile$/, { ...data.profile, emailReturned: "2026-11-20T08:00:00Z" }]],
  },
  "profile-mail-returned": {
    path: "/konto",
    ...atHome,
    session: data.citizen,
    answers: [[/^\/account\/profile$/, { ...data.profile, emailReturned: "2026-11-20T08:00:00Z" }]],
  },
  "mail-state": { path: "/verwaltung/e-mails", session: administrator },
  documents: { path: "/konto/dokumente", ...atHome, session: data.citizen },
  sessions: { path: "/konto/sitzungen", ...atHome, session: data.citizen },
  "staff-sign-in": { path: "/mitarbeit/anmelden" },
  "staff-sign-in-directory": {
    path: "/mitarbeit/anmelden?error=no_role",
    answers: [[/identity\/directories$/, data.directories]],
  },
  staff: { path: "/verwaltung/beschaeftigte", session: administrator },
  "staff-factors": {
    path: "/verwaltung/beschaeftigte",
    session: administrator,
    press: "Anmeldung zurücksetzen : Kim Klar",
  },
  "staff-factor-needed": { path: "/konto/sicherheit", session: data.unproved },
  "staff-of-unit": {
    path: "/verwaltung/beschaeftigte",
    session: {
      ...data.editor,
      roles: [],
      unitRoles: [{ role: "admin" as const, organisationId: data.office.id }],
    },
    press: "Aufgaben ändern",
  },
  inbox: { path: "/mitarbeit", session: data.clerk },
  "inbox-view": { path: "/mitarbeit?bei=mir&offen=ja&q=steuer", session: data.clerk },
  "inbox-keys": { path: "/mitarbeit", session: data.clerk, press: "Tastenkürzel" },
  "case-of-list": {
    path: "/mitarbeit?offen=ja",
    session: data.clerk,
    answers: [[/^\/cases$/, { ...data.cases, counts: { received: 40, inProgress: 17 }, nextCursor: "next" }]],
    follow: [data.caseItem.serviceTitle, 1],
  },
  case: { path: `/mitarbeit/vorgaenge/${data.caseItem.id}`, session: data.clerk },
  "case-scanner": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+$/, data.scannedCase]],
  },
  "case-held": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+$/, data.heldCase]],
    press: "Grund ändern",
  },
  "case-deputy": { path: "/mitarbeit/vertretung", session: data.clerk, press: "Vertretung ändern" },
  "case-proposed": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+$/, data.proposedCase]],
    press: "Zurückgeben",
  },
  "payment-services": { path: "/verwaltung/zahlungsdienste", session: administrator },
  "payment-service-new": {
    path: "/verwaltung/zahlungsdienste",
    session: administrator,
    press: "Zahlungsdienst einrichten",
  },
  "payment-services-none": {
    path: "/verwaltung/zahlungsdienste",
    session: administrator,
    answers: [[/admin\/payment-services$/, { items: [], configured: false }]],
  },
  "case-rules": { path: "/verwaltung/vorgaenge", session: administrator, press: "Ganzes Portal ändern" },
  "case-rule-new": {
    path: "/verwaltung/vorgaenge",
    session: administrator,
    press: "Regel für eine Leistung",
  },
  "case-decide": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    press: "Entscheiden",
  },
  "case-decided": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+$/, data.decidedCase]],
  },
  "case-fee": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+\/payments$/, data.reducedPayments]],
    press: "Ermäßigen oder erlassen",
  },
  "case-fee-to-set": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+\/payments$/, data.feeToSet]],
  },
  "case-fee-set": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+\/payments$/, data.setPayments]],
  },
  "case-cash": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
    session: data.clerk,
    press: "Bar bezahlt",
  },
  "case-set-fee": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}/gebuehr`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+\/payments$/, data.feeToSet]],
    press: "Weiterer Posten",
  },
  "case-set-fee-errors": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}/gebuehr`,
    session: data.clerk,
    answers: [[/^\/cases\/[^/]+\/payments$/, data.feeToSet]],
    press: "Gebühr festsetzen",
  },
  "case-set-fee-none": {
    path: `/mitarbeit/vorgaenge/${data.caseItem.id}/gebuehr`,
    session: data.clerk,
  },
  "payment-set": {
    path: `/zahlungen/${data.setPayment.id}`,
    session: data.citizen,
    answers: [[/^\/payments\/[^/]+$/, data.setPayment]],
    open: ["Oder überweisen"],
  },
  "payment-waived": {
    path: `/zahlungen/${data.waivedPayment.id}`,
    session: data.citizen,
    answers: [[/^\/payments\/[^/]+$/, data.waivedPayment]],
  },
  "case-statistics": { path: "/mitarbeit/auswertung", session: data.clerk },
  "case-templates": { path: "/mitarbeit/vorlagen", session: data.clerk },
  "editing-overview": { path: "/redaktion", session: data.editor },
  "editing-nothing": {
    path: "/redaktion",
    session: data.editor,
    answers: [[/catalog\/tasks$/, { items: [], counts: {} }]],
  },
  "editing-services": { path: "/redaktion/leistungen", session: data.editor },
  "editing-services-error": {
    path: "/redaktion/leistungen",
    session: data.editor,
    answers: [[/catalog\/entries$/, 503]],
  },
  "editing-situations": {
    path: "/redaktion/lebenslagen",
    session: data.editor,
    answers: [[/catalog\/entries$/, { items: [] }]],
  },
  "editing-service": { path: `/redaktion/leistungen/${service}`, session: data.editor },
  "editing-review": {
    path: `/redaktion/leistungen/${service}`,
    session: data.editor,
    answers: [[/catalog\/entries\/service\/[^/]+$/, data.editorialReview]],
  },
  "editing-office": { path: `/redaktion/stellen/${data.editorialOffice.id}`, session: data.editor },
  "editing-competence": {
    path: `/redaktion/zustaendigkeiten/${data.editorialCompetence.id}`,
    session: data.editor,
  },
  "editing-competence-form": {
    path: `/redaktion/zustaendigkeiten/${data.editorialCompetence.id}`,
    session: data.editor,
    answers: [[/catalog\/entries\/competence\/[^/]+$/, data.editorialCompetenceForm]],
  },
  "editing-competence-review": {
    path: `/redaktion/zustaendigkeiten/${data.editorialCompetence.id}`,
    session: data.editor,
    answers: [[/catalog\/entries\/competence\/[^/]+$/, data.editorialCompetenceReview]],
  },
  "editing-specialisation": {
    path: `/redaktion/abweichungen/${data.editorialSpecialisation.id}`,
    session: data.editor,
  },
  "editing-situation": { path: "/redaktion/lebenslagen/registration", session: data.editor },
  "editing-merge": {
    path: `/redaktion/leistungen/${service}`,
    session: data.editor,
    press: "Vergleichen und entscheiden",
    answers: [[/catalog\/entries\/service\/[^/]+$/, data.editorialMeanwhile]],
  },
  "editing-ask": { path: `/redaktion/leistungen/${service}`, session: data.editor, press: "Veröffentlichen" },
  "editing-preview": { path: `/redaktion/leistungen/${service}/vorschau`, session: data.editor },
  "editing-versions": { path: `/redaktion/leistungen/${service}/fassungen`, session: data.editor },
  "editing-settings": {
    path: "/redaktion/einstellungen",
    session: { ...data.editor, roles: ["admin"] },
  },
  "form-editor": {
    path: `/redaktion/formulare/${data.form.id}`,
    session: data.editor,
    press: "Größe Eine von mehreren",
  },
  "form-calculation": {
    path: `/redaktion/formulare/${data.form.id}`,
    session: data.editor,
    press: "Steuer im Jahr Berechnung",
    answers: [[/admin\/forms\/[^/]+$/, built.priced]],
  },
  "form-new": { path: "/redaktion/formulare", session: data.editor, press: "Neues Formular" },
  "form-versions": { path: `/redaktion/formulare/${data.form.id}/fassungen`, session: data.editor },
  "form-in-review": {
    path: `/redaktion/formulare/${data.form.id}`,
    session: data.editor,
    answers: [[/admin\/forms\/[^/]+$/, built.inReview]],
  },
  sources: { path: "/redaktion/quellen", session: administrator },
  "sources-reading": { path: "/redaktion/quellen", session: data.editor },
  "sources-none": {
    path: "/redaktion/quellen",
    session: administrator,
    answers: [
      [/admin\/sources$/, { items: [] }],
      [/admin\/import-runs$/, { items: [] }],
    ],
  },
  "sources-error": {
    path: "/redaktion/quellen",
    session: administrator,
    answers: [[/admin\/(sources|import-runs)$/, 503]],
  },
  "source-new": { path: "/redaktion/quellen/neu", session: administrator },
  source: { path: `/redaktion/quellen/${imports.source.id}`, session: administrator },
  "source-edit": { path: `/redaktion/quellen/${imports.source.id}/bearbeiten`, session: administrator },
  run: { path: `/redaktion/quellen/laeufe/${imports.run.id}`, session: administrator },
  "run-under-way": {
    path: `/redaktion/quellen/laeufe/${imports.underWay.id}`,
    session: administrator,
    answers: [[/import-runs\/[^/]+$/, imports.underWay]],
  },
  "run-held": {
    path: `/redaktion/quellen/laeufe/${imports.held.id}`,
    session: administrator,
    answers: [[/import-runs\/[^/]+$/, imports.held]],
  },
  "run-failed": {
    path: `/redaktion/quellen/laeufe/${imports.failed.id}`,
    session: administrator,
    answers: [[/import-runs\/[^/]+$/, imports.failed]],
  },
  "search-synonyms": { path: "/redaktion/suche", session: data.editor },
  "search-synonyms-none": {
    path: "/redaktion/suche?wort=grillh%C3%BCtte",
    session: data.editor,
    answers: [[/admin\/search\/synonyms$/, { items: [], total: 0, builtIn: 1830 }]],
  },
  "search-missed": { path: "/redaktion/suche/ohne-ergebnis", session: data.editor },
  "search-missed-none": {
    path: "/redaktion/suche/ohne-ergebnis",
    session: data.editor,
    answers: [[/admin\/search\/missed$/, { items: [] }]],
  },
  "search-explanation": {
    path: "/redaktion/suche/erklaerung?q=perso%20verloren%20meppen",
    session: data.editor,
  },
  association: { path: "/verwaltung/verbund", session: administrator },
  "association-details": {
    path: "/verwaltung/verbund",
    session: administrator,
    open: [
      "Schlüssel dieses Portals",
      "Nachrichten, die nicht zugestellt sind",
      "Zuletzt beendet",
      "Verlauf als Tabelle",
    ],
  },
  "association-keys": {
    path: "/verwaltung/verbund",
    session: administrator,
    open: ["Schlüssel dieses Portals"],
    press: "Schlüssel wechseln",
  },
  "association-grant-error": { path: "/verwaltung/verbund", session: administrator, press: "Aufnehmen" },
  "association-alone": {
    path: "/verwaltung/verbund",
    session: administrator,
    answers: [[/admin\/association$/, linked.alone]],
  },
  "association-asked": {
    path: "/verwaltung/verbund",
    session: administrator,
    answers: [[/admin\/association$/, linked.asked]],
  },
  "association-removed": {
    path: "/verwaltung/verbund",
    session: administrator,
    answers: [[/admin\/association$/, linked.removed]],
  },
  "association-member": {
    path: "/verwaltung/verbund",
    session: administrator,
    answers: [[/admin\/association$/, linked.member]],
  },
  "association-error": {
    path: "/verwaltung/verbund",
    session: administrator,
    answers: [[/admin\/association$/, 503]],
  },
  "editing-forbidden": { path: "/redaktion", session: data.citizen },
  imprint: { path: "/impressum" },
  privacy: { path: "/datenschutz" },
  accessibility: { path: "/barrierefreiheit" },
  "not-found": { path: "/gibt-es-nicht" },
  unreachable: { path: "/", answers: [[/^\/portal$/, 503]] },
  ...treasuryScenes,
  "admin-providers": { path: "/verwaltung/anbieter", session: administrator },
  "admin-providers-none": {
    path: "/verwaltung/anbieter",
    session: administrator,
    answers: [[/admin\/providers$/, { items: [] }]],
  },
  "admin-provider": { path: "/verwaltung/anbieter/abfall", session: administrator },
  "admin-provider-fit": {
    path: "/verwaltung/anbieter/fit",
    session: administrator,
    answers: [[/admin\/providers\/[^/]+\/deliveries$/, regional.submissions]],
  },
  "admin-provider-mail": {
    path: "/verwaltung/anbieter/lathen",
    session: administrator,
    answers: [[/admin\/providers\/[^/]+\/deliveries$/, regional.mails]],
  },
  "admin-provider-unknown": { path: "/verwaltung/anbieter/niemand", session: administrator },
};
