import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  parseSearchWith,
  stringifySearchWith,
} from "@tanstack/react-router";
import { portalQuery } from "../api/portal";
import { sessionQuery } from "../api/session";
import { loadWords } from "../i18n";
import type { Feature } from "../i18n/words";
import { expectHeading } from "../lib/focus";
import { Loading } from "../ui/Loading";
import { ErrorPage, NotFoundPage, RootErrorPage } from "./pages/ErrorPage";
import * as search from "./search";
import { CitizenShell } from "./shells/CitizenShell";

interface RouterContext {
  queryClient: QueryClient;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  errorComponent: RootErrorPage,
  notFoundComponent: () => (
    <CitizenShell>
      <NotFoundPage />
    </CitizenShell>
  ),
  // Else its own waiting would stand in for what surrounds the first page until that page is whole.
  pendingMs: Infinity,
  beforeLoad: async ({ context: { queryClient } }) => {
    await Promise.all([queryClient.ensureQueryData(portalQuery), queryClient.ensureQueryData(sessionQuery)]);
  },
});

/** Words of a page's features, fetched beside its code. */
const words =
  (...features: Feature[]) =>
  () =>
    loadWords(...features);

const citizen = createRoute({
  getParentRoute: () => rootRoute,
  id: "citizen",
  component: () => <CitizenShell />,
});

const start = createRoute({
  getParentRoute: () => citizen,
  path: "/",
  loader: words("catalog"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/StartPage")),
});
const results = createRoute({
  getParentRoute: () => citizen,
  path: "/suche",
  validateSearch: search.resultSearch,
  loader: words("catalog", "offices"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/ResultsPage")),
});
const service = createRoute({
  getParentRoute: () => citizen,
  path: "/leistungen/$serviceId",
  validateSearch: search.serviceSearch,
  loader: words("catalog", "offices"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/ServicePage")),
});
const why = createRoute({
  getParentRoute: () => citizen,
  path: "/leistungen/$serviceId/zustaendigkeit",
  validateSearch: search.whySearch,
  loader: words("catalog", "offices"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/WhyPage")),
});
const offices = createRoute({
  getParentRoute: () => citizen,
  path: "/stellen",
  validateSearch: search.officesSearch,
  loader: words("catalog", "offices"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/OfficesPage")),
});
const office = createRoute({
  getParentRoute: () => citizen,
  path: "/stellen/$organisationId",
  loader: words("catalog", "offices"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/OfficePage")),
});
const aToZ = createRoute({
  getParentRoute: () => citizen,
  path: "/a-z",
  loader: words("catalog"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/RegisterPage")),
});
const aToZLetter = createRoute({
  getParentRoute: () => citizen,
  path: "/a-z/$letter",
  loader: words("catalog"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/RegisterPage")),
});
const lifeSituation = createRoute({
  getParentRoute: () => citizen,
  path: "/lebenslagen/$categoryId",
  validateSearch: search.placeSearch,
  loader: words("catalog"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/LifeSituationPage")),
});
const favourites = createRoute({
  getParentRoute: () => citizen,
  path: "/merkliste",
  loader: words("catalog"),
  component: lazyRouteComponent(() => import("../features/catalog/pages/FavouritesPage")),
});
const apply = createRoute({
  getParentRoute: () => citizen,
  path: "/leistungen/$serviceId/antrag",
  validateSearch: search.applySearch,
  loader: words("applications"),
  component: lazyRouteComponent(() => import("../features/applications/pages/ApplyPage")),
});
const paper = createRoute({
  getParentRoute: () => citizen,
  path: "/leistungen/$serviceId/vordruck",
  validateSearch: search.applySearch,
  loader: words("applications", "forms"),
  component: lazyRouteComponent(() => import("../features/applications/pages/PaperPage")),
});

const signIn = createRoute({
  getParentRoute: () => citizen,
  path: "/anmelden",
  validateSearch: search.signInSearch,
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/SignInPage")),
});
const arrival = createRoute({
  getParentRoute: () => citizen,
  path: "/anmelden/nachweis",
  validateSearch: search.arrivalSearch,
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/ArrivalPage")),
});
const register = createRoute({
  getParentRoute: () => citizen,
  path: "/registrieren",
  validateSearch: search.requestSearch,
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/RegisterPage")),
});
const confirm = createRoute({
  getParentRoute: () => citizen,
  path: "/registrieren/bestaetigen",
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/ConfirmPage")),
});
const firstPasskey = createRoute({
  getParentRoute: () => citizen,
  path: "/registrieren/passkey",
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/FirstPasskeyPage")),
});
const recovery = createRoute({
  getParentRoute: () => citizen,
  path: "/passkey-neu",
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/RecoveryPage")),
});
const forgotten = createRoute({
  getParentRoute: () => citizen,
  path: "/passwort-vergessen",
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/ForgottenPage")),
});
const newPassword = createRoute({
  getParentRoute: () => citizen,
  path: "/passwort-neu",
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/NewPasswordPage")),
});

const newEmail = createRoute({
  getParentRoute: () => citizen,
  path: "/konto/adresse-bestaetigen",
  loader: words("signin"),
  component: lazyRouteComponent(() => import("../features/signin/pages/NewEmailPage")),
});

/** Pages of a person who is signed in; to others they say so and lead to the sign-in. */
const personal = createRoute({
  getParentRoute: () => citizen,
  id: "personal",
  component: lazyRouteComponent(() => import("./shells/RequireSession"), "RequireSession"),
});
const applications = createRoute({
  getParentRoute: () => personal,
  path: "/antraege",
  loader: words("applications"),
  component: lazyRouteComponent(() => import("../features/applications/pages/ApplicationsPage")),
});
const application = createRoute({
  getParentRoute: () => personal,
  path: "/antraege/$applicationId",
  loader: words("applications", "forms"),
  component: lazyRouteComponent(() => import("../features/applications/pages/ApplicationPage")),
});
const invitation = createRoute({
  getParentRoute: () => citizen,
  path: "/antraege/einladung",
  loader: words("applications"),
  component: lazyRouteComponent(() => import("../features/applications/pages/InvitationPage")),
});
const form = createRoute({
  getParentRoute: () => personal,
  path: "/antraege/$applicationId/bearbeiten",
  validateSearch: search.stepSearch,
  loader: words("applications", "forms"),
  component: lazyRouteComponent(() => import("../features/applications/pages/FormPage")),
});
const receipt = createRoute({
  getParentRoute: () => personal,
  path: "/antraege/$applicationId/quittung",
  loader: words("applications"),
  component: lazyRouteComponent(() => import("../features/applications/pages/ReceiptPage")),
});
const payments = createRoute({
  getParentRoute: () => personal,
  path: "/zahlungen",
  loader: words("payments"),
  component: lazyRouteComponent(() => import("../features/payments/pages/PaymentsPage")),
});
const payment = createRoute({
  getParentRoute: () => personal,
  path: "/zahlungen/$paymentId",
  loader: words("payments"),
  component: lazyRouteComponent(() => import("../features/payments/pages/PaymentPage")),
});
const mailbox = createRoute({
  getParentRoute: () => personal,
  path: "/postfach",
  loader: words("mailbox"),
  component: lazyRouteComponent(() => import("../features/mailbox/pages/MailboxPage")),
});
const message = createRoute({
  getParentRoute: () => personal,
  path: "/postfach/$messageId",
  loader: words("mailbox"),
  component: lazyRouteComponent(() => import("../features/mailbox/pages/MessagePage")),
});
const profile = createRoute({
  getParentRoute: () => personal,
  path: "/konto",
  loader: words("account", "signin"),
  component: lazyRouteComponent(() => import("../features/account/pages/ProfilePage")),
});
const documents = createRoute({
  getParentRoute: () => personal,
  path: "/konto/dokumente",
  loader: words("account"),
  component: lazyRouteComponent(() => import("../features/account/pages/DocumentsPage")),
});
const consents = createRoute({
  getParentRoute: () => personal,
  path: "/konto/einwilligungen",
  loader: words("account"),
  component: lazyRouteComponent(() => import("../features/account/pages/ConsentsPage")),
});
const accesses = createRoute({
  getParentRoute: () => personal,
  path: "/konto/zugriffe",
  loader: words("account"),
  component: lazyRouteComponent(() => import("../features/account/pages/AccessesPage")),
});
const personalData = createRoute({
  getParentRoute: () => personal,
  path: "/konto/daten",
  loader: words("account"),
  component: lazyRouteComponent(() => import("../features/account/pages/DataPage")),
});
const security = createRoute({
  getParentRoute: () => personal,
  path: "/konto/sicherheit",
  loader: words("account"),
  component: lazyRouteComponent(() => import("../features/account/pages/SecurityPage")),
});
const identities = createRoute({
  getParentRoute: () => personal,
  path: "/konto/identitaet",
  loader: words("account"),
  component: lazyRouteComponent(() => import("../features/account/pages/IdentitiesPage")),
});
const sessions = createRoute({
  getParentRoute: () => personal,
  path: "/konto/sitzungen",
  loader: words("account"),
  component: lazyRouteComponent(() => import("../features/account/pages/SessionsPage")),
});

const powers = createRoute({
  getParentRoute: () => personal,
  path: "/vollmachten",
  loader: words("account", "powers"),
  component: lazyRouteComponent(() => import("../features/account/pages/PowersPage")),
});
const newPower = createRoute({
  getParentRoute: () => personal,
  path: "/vollmachten/neu",
  validateSearch: search.stepSearch,
  loader: words("account", "powers"),
  component: lazyRouteComponent(() => import("../features/account/pages/NewPowerPage")),
});
const power = createRoute({
  getParentRoute: () => personal,
  path: "/vollmachten/$powerId",
  loader: words("account", "powers"),
  component: lazyRouteComponent(() => import("../features/account/pages/PowerPage")),
});
const acceptPower = createRoute({
  getParentRoute: () => citizen,
  path: "/vollmachten/annehmen",
  loader: words("account", "powers"),
  component: lazyRouteComponent(() => import("../features/account/pages/AcceptPowerPage")),
});
const acting = createRoute({
  getParentRoute: () => personal,
  path: "/handeln-fuer",
  validateSearch: search.actingSearch,
  loader: words("powers"),
  component: lazyRouteComponent(() => import("../features/account/pages/ActingPage")),
});

const imprint = createRoute({
  getParentRoute: () => citizen,
  path: "/impressum",
  loader: words("pages"),
  component: lazyRouteComponent(() => import("./pages/ImprintPage")),
});
const privacy = createRoute({
  getParentRoute: () => citizen,
  path: "/datenschutz",
  loader: words("pages"),
  component: lazyRouteComponent(() => import("./pages/PrivacyPage")),
});
const accessibility = createRoute({
  getParentRoute: () => citizen,
  path: "/barrierefreiheit",
  loader: words("pages"),
  component: lazyRouteComponent(() => import("./pages/AccessibilityPage")),
});

const desk = createRoute({
  getParentRoute: () => rootRoute,
  id: "desk",
  loader: words("cases", "signin"),
  component: lazyRouteComponent(() => import("./shells/DeskShell"), "DeskShell"),
});
const staffSignIn = createRoute({
  getParentRoute: () => desk,
  path: "/mitarbeit/anmelden",
  validateSearch: search.staffSignInSearch,
  component: lazyRouteComponent(() => import("../features/signin/pages/StaffSignInPage")),
});
const staff = createRoute({
  getParentRoute: () => desk,
  id: "staff",
  component: lazyRouteComponent(() => import("./shells/RequireStaff"), "RequireStaff"),
});
const inbox = createRoute({
  getParentRoute: () => staff,
  path: "/mitarbeit",
  validateSearch: search.inboxSearch,
  component: lazyRouteComponent(() => import("../features/cases/pages/InboxPage")),
});
const caseRoute = createRoute({
  getParentRoute: () => staff,
  path: "/mitarbeit/vorgaenge/$caseId",
  loader: words("forms", "payments"),
  component: lazyRouteComponent(() => import("../features/cases/pages/CasePage")),
});

const caseFee = createRoute({
  getParentRoute: () => staff,
  path: "/mitarbeit/vorgaenge/$caseId/gebuehr",
  component: lazyRouteComponent(() => import("../features/cases/pages/FeePage")),
});
const caseStatistics = createRoute({
  getParentRoute: () => staff,
  path: "/mitarbeit/auswertung",
  validateSearch: search.periodSearch,
  component: lazyRouteComponent(() => import("../features/cases/pages/StatisticsPage")),
});
const caseTemplates = createRoute({
  getParentRoute: () => staff,
  path: "/mitarbeit/vorlagen",
  component: lazyRouteComponent(() => import("../features/cases/pages/TemplatesPage")),
});

const caseDeputy = createRoute({
  getParentRoute: () => staff,
  path: "/mitarbeit/vertretung",
  component: lazyRouteComponent(() => import("../features/cases/pages/DeputyPage")),
});

const treasury = createRoute({
  getParentRoute: () => desk,
  id: "treasury",
  loader: words("treasury", "payments"),
  component: lazyRouteComponent(() => import("./shells/RequireTreasurer"), "RequireTreasurer"),
});
const treasuryOverview = createRoute({
  getParentRoute: () => treasury,
  path: "/kasse",
  component: lazyRouteComponent(() => import("../features/treasury/pages/OverviewPage")),
});
const treasuryPayments = createRoute({
  getParentRoute: () => treasury,
  path: "/kasse/zahlungen",
  validateSearch: search.treasuryPaymentsSearch,
  component: lazyRouteComponent(() => import("../features/treasury/pages/PaymentsPage")),
});
const refunds = createRoute({
  getParentRoute: () => treasury,
  path: "/kasse/erstattungen",
  component: lazyRouteComponent(() => import("../features/treasury/pages/RefundsPage")),
});
const treasuryAccount = createRoute({
  getParentRoute: () => treasury,
  path: "/kasse/konto",
  validateSearch: search.accountSearch,
  component: lazyRouteComponent(() => import("../features/treasury/pages/AccountPage")),
});
const reconciliation = createRoute({
  getParentRoute: () => treasury,
  path: "/kasse/abgleich",
  validateSearch: search.periodSearch,
  component: lazyRouteComponent(() => import("../features/treasury/pages/ReconciliationPage")),
});

const editors = createRoute({
  getParentRoute: () => rootRoute,
  id: "editors",
  loader: words("editing", "search"),
  component: lazyRouteComponent(() => import("./shells/EditorShell"), "EditorShell"),
});
const overview = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion",
  validateSearch: search.tasksSearch,
  component: lazyRouteComponent(() => import("../features/editing/pages/OverviewPage")),
});
const editingSettings = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/einstellungen",
  component: lazyRouteComponent(() => import("../features/editing/pages/SettingsPage")),
});
const importSources = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/quellen",
  loader: words("sources"),
  component: lazyRouteComponent(() => import("../features/sources/pages/SourcesPage")),
});
const newSource = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/quellen/neu",
  loader: words("sources"),
  component: lazyRouteComponent(() => import("../features/sources/pages/NewSourcePage")),
});
const importSource = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/quellen/$sourceId",
  loader: words("sources"),
  component: lazyRouteComponent(() => import("../features/sources/pages/SourcePage")),
});
const editSource = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/quellen/$sourceId/bearbeiten",
  loader: words("sources"),
  component: lazyRouteComponent(() => import("../features/sources/pages/EditSourcePage")),
});
const importRun = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/quellen/laeufe/$runId",
  loader: words("sources"),
  component: lazyRouteComponent(() => import("./pages/ImportRunPage")),
});
const synonyms = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/suche",
  validateSearch: search.synonymSearch,
  component: lazyRouteComponent(() => import("../features/search/pages/SynonymsPage")),
});
const missedSearches = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/suche/ohne-ergebnis",
  component: lazyRouteComponent(() => import("../features/search/pages/MissedPage")),
});
const searchExplanation = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/suche/erklaerung",
  validateSearch: search.explanationSearch,
  component: lazyRouteComponent(() => import("../features/search/pages/ExplanationPage")),
});
const ownForms = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/formulare",
  validateSearch: search.inboxSearch,
  loader: words("builder"),
  component: lazyRouteComponent(() => import("../features/editing/pages/FormsPage")),
});
const formEditor = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/formulare/$formId",
  loader: words("builder", "forms"),
  component: lazyRouteComponent(() => import("../features/editing/pages/FormEditorPage")),
});
const formVersions = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/formulare/$formId/fassungen",
  loader: words("builder"),
  component: lazyRouteComponent(() => import("../features/editing/pages/FormVersionsPage")),
});
const entries = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/$area",
  validateSearch: search.inboxSearch,
  component: lazyRouteComponent(() => import("../features/editing/pages/EntriesPage")),
});
const entry = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/$area/$entryId",
  component: lazyRouteComponent(() => import("../features/editing/pages/EntryPage")),
});
const entryPreview = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/$area/$entryId/vorschau",
  loader: words("catalog", "offices"),
  component: lazyRouteComponent(() => import("./pages/PreviewPage")),
});
const entryVersions = createRoute({
  getParentRoute: () => editors,
  path: "/redaktion/$area/$entryId/fassungen",
  component: lazyRouteComponent(() => import("../features/editing/pages/VersionsPage")),
});

const administration = createRoute({
  getParentRoute: () => rootRoute,
  id: "administration",
  loader: words("administration"),
  component: lazyRouteComponent(() => import("./shells/AdminShell"), "AdminShell"),
});
const clients = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/anwendungen",
  component: lazyRouteComponent(() => import("../features/administration/pages/ClientsPage")),
});
const newClient = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/anwendungen/neu",
  component: lazyRouteComponent(() => import("../features/administration/pages/NewClientPage")),
});
const client = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/anwendungen/$clientId",
  component: lazyRouteComponent(() => import("../features/administration/pages/ClientPage")),
});

const staffList = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/beschaeftigte",
  component: lazyRouteComponent(() => import("../features/administration/pages/StaffPage")),
});
const identityLinks = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/anmeldedienste",
  component: lazyRouteComponent(() => import("../features/administration/pages/IdentityLinksPage")),
});
const mailState = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/e-mails",
  component: lazyRouteComponent(() => import("../features/administration/pages/MailPage")),
});
const providers = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/anbieter",
  component: lazyRouteComponent(() => import("../features/administration/pages/ProvidersPage")),
});
const provider = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/anbieter/$providerId",
  component: lazyRouteComponent(() => import("../features/administration/pages/ProviderPage")),
});
const associationPage = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/verbund",
  component: lazyRouteComponent(() => import("../features/administration/pages/AssociationPage")),
});
const paymentServices = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/zahlungsdienste",
  component: lazyRouteComponent(() => import("../features/administration/pages/PaymentServicesPage")),
});
const caseRules = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/vorgaenge",
  component: lazyRouteComponent(() => import("../features/administration/pages/CaseRulesPage")),
});
const audit = createRoute({
  getParentRoute: () => administration,
  path: "/verwaltung/protokoll",
  validateSearch: search.auditSearch,
  component: lazyRouteComponent(() => import("../features/administration/pages/AuditPage")),
});

const routeTree = rootRoute.addChildren([
  citizen.addChildren([
    start,
    results,
    service,
    why,
    offices,
    office,
    aToZ,
    aToZLetter,
    lifeSituation,
    favourites,
    apply,
    paper,
    signIn,
    arrival,
    register,
    confirm,
    forgotten,
    newPassword,
    firstPasskey,
    recovery,
    newEmail,
    acceptPower,
    invitation,
    imprint,
    privacy,
    accessibility,
    personal.addChildren([
      applications,
      application,
      form,
      receipt,
      payments,
      payment,
      mailbox,
      message,
      profile,
      consents,
      accesses,
      personalData,
      security,
      identities,
      sessions,
      powers,
      newPower,
      power,
      acting,
      documents,
    ]),
  ]),
  desk.addChildren([
    staffSignIn,
    staff.addChildren([inbox, caseRoute, caseFee, caseStatistics, caseTemplates, caseDeputy]),
    treasury.addChildren([treasuryOverview, treasuryPayments, refunds, treasuryAccount, reconciliation]),
  ]),
  administration.addChildren([
    clients,
    newClient,
    client,
    staffList,
    associationPage,
    identityLinks,
    mailState,
    providers,
    provider,
    caseRules,
    paymentServices,
    audit,
  ]),
  editors.addChildren([
    overview,
    editingSettings,
    importSources,
    newSource,
    importSource,
    editSource,
    importRun,
    synonyms,
    missedSearches,
    searchExplanation,
    ownForms,
    formEditor,
    formVersions,
    entries,
    entry,
    entryPreview,
    entryVersions,
  ]),
]);

/** The step of a form that an address names. */
const stepIn = (values: object) => ("schritt" in values ? values.schritt : undefined);

/** The words that an address of results is about; those pages have a heading for each. */
const wordsIn = ({ pathname, search: values }: { pathname: string; search: object }) =>
  pathname === "/suche" && "q" in values ? values.q : undefined;

/** Takes out what the portal wrote into the head about the page that was opened first. */
function forgetDescription(): void {
  for (const element of document.head.querySelectorAll("[data-page]")) element.remove();
}

/** Makes the router; a change of page is announced to the heading that appears next. */
export function createAppRouter(queryClient: QueryClient) {
  const router = createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPendingMs: 300,
    defaultPendingComponent: Loading,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(String),
  });
  // Who leaves the first page before it is whole comes from a place that the router has not settled on yet.
  let asked: typeof router.latestLocation | undefined;
  router.subscribe("onBeforeNavigate", ({ fromLocation = asked, toLocation }) => {
    asked = toLocation;
    if (!fromLocation) return;
    const elsewhere = fromLocation.pathname !== toLocation.pathname;
    const moved =
      elsewhere ||
      stepIn(fromLocation.search) !== stepIn(toLocation.search) ||
      wordsIn(fromLocation) !== wordsIn(toLocation);
    if (moved) expectHeading(elsewhere ? fromLocation.pathname : undefined);
    if (elsewhere) forgetDescription();
  });
  return router;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
