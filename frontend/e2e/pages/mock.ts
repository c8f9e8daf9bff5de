import * as data from "./fixtures";
import * as linked from "./association";
import * as built from "./builder";
import * as regional from "./providers";
import * as competence from "./offices";
import * as imports from "./sources";
import { treasuryAnswers } from "./treasury";

/** What the portal answers in a scene: by path under /api/v1, the first that matches. */
export interface Scene {
  portal?: unknown;
  session?: unknown;
  /** Answers before the usual ones; a number is the status of a problem. */
  answers?: [path: RegExp, body: unknown][];
  /** A link in the page's content that is followed when the page is there: its name, and the how many-th of that name, from 0. */
  follow?: [name: string, index: number];
  /** A button that is pressed when the page is there, or several, one after the other. */
  press?: string | string[];
  /** Files that are chosen at a field when the page is there. */
  choose?: { field: string; files: { name: string; mimeType: string; buffer: Buffer }[]; until: RegExp };
  /** Details that are opened, by a part of what they are called. */
  open?: string[];
  /** The same, after buttons were pressed. */
  openAfter?: string[];
  /** What is kept on the device. */
  stored?: Record<string, unknown>;
}

const usual: [RegExp, unknown][] = [
  [/^\/places\/around$/, competence.places],
  [/^\/places\/\d+$/, data.places.items[0]],
  [/^\/places\/?$/, data.places],
  [/^\/search$/, data.found],
  [/^\/search\/suggestions$/, data.suggestions],
  [/^\/services\/a-z$/, data.register],
  [/^\/services\/popular$/, data.popular],
  [/^\/services\/[^/]+\/alternatives$/, data.alternatives],
  [/^\/services\/[^/]+\/offers$/, data.offers],
  [/^\/services\/[^/]+\/offers\/explanation$/, competence.explanation],
  [/^\/organisations$/, competence.offices],
  [/^\/organisations\/[^/]+\/services$/, competence.officeServices],
  [/^\/organisations\/[^/]+$/, competence.office],
  [/^\/services\/[^/]+$/, data.service],
  [/^\/services$/, data.services],
  [/^\/categories$/, data.categories],
  [/^\/signin\/requests\/[^/]+$/, data.request],
  [/^\/account\/profile$/, data.profile],
  [/^\/account\/prefill$/, data.prefill],
  [/^\/account\/deletion$/, data.deletion],
  [/^\/account\/proposals$/, { items: [] }],
  [/^\/account\/powers$/, data.powers],
  [/^\/account\/powers\/received$/, data.actingFor],
  [/^\/account\/powers\/[^/]+$/, data.power],
  [/^\/account\/consents$/, data.consents],
  [/^\/account\/access-log$/, data.accesses],
  [/^\/account\/documents$/, data.documents],
  [/^\/account\/mailbox-settings$/, { keepDecisions: true }],
  [/^\/account\/sessions$/, data.sessions],
  [/^\/account\/credentials$/, data.credentials],
  [/^\/admin\/mail$/, { sends: true, takesReturns: true, stopped: 12, returned: 0 }],
  [/^\/forms\/[^/]+$/, data.form],
  [/^\/applications$/, data.applications],
  [/^\/applications\/[^/]+\/receipt$/, data.receipt],
  [/^\/applications\/[^/]+$/, data.question],
  [/admin\/association$/, linked.leading],
  [/admin\/association\/messages$/, linked.stuck],
  [/admin\/association\/history$/, linked.history],
  [/admin\/association\/anchor$/, linked.seen],
  [/admin\/forms$/, built.forms],
  [/admin\/forms\/[^/]+$/, built.edited],
  [/admin\/forms\/[^/]+\/versions$/, built.versions],
  [/admin\/forms\/[^/]+\/versions\/\d+$/, built.version],
  [/admin\/providers$/, regional.providers],
  [/admin\/providers\/[^/]+\/deliveries$/, regional.deliveries],
  [/admin\/staff$/, data.staff],
  [/admin\/source-kinds$/, imports.kinds],
  [/admin\/sources$/, imports.sources],
  [/admin\/sources\/[^/]+$/, imports.source],
  [/admin\/import-runs$/, imports.runs],
  [/admin\/import-runs\/[^/]+\/notes$/, imports.notes],
  [/admin\/import-runs\/[^/]+\/differences$/, imports.differences],
  [/admin\/import-runs\/[^/]+$/, imports.run],
  [/admin\/search\/synonyms$/, data.synonyms],
  [/admin\/search\/synonym-preview$/, data.synonymPreview],
  [/admin\/search\/missed$/, data.missed],
  [/admin\/search\/explanation$/, data.searchExplanation],
  [/catalog\/entries$/, data.editorialEntries],
  [/catalog\/entries\/organisation\/[^/]+$/, data.editorialOffice],
  [/catalog\/entries\/specialisation\/[^/]+$/, data.editorialSpecialisation],
  [/catalog\/entries\/category\/[^/]+$/, data.editorialSituation],
  [/catalog\/entries\/competence\/[^/]+$/, data.editorialCompetence],
  [/catalog\/entries\/\w+\/[^/]+$/, data.editorialEntry],
  [/\/preview$/, { service: data.service }],
  [/\/versions$/, data.editorialVersions],
  [/\/versions\/\d+$/, data.editorialVersion],
  [/catalog\/forms$/, data.editorialForms],
  [/catalog\/tasks$/, data.editorialTasks],
  [/catalog\/settings$/, data.editingSettings],
  [/admin\/case-rules$/, data.caseRules],
  [/admin\/payment-services$/, data.paymentServices],
  [/^\/cases$/, data.cases],
  [/^\/cases\/colleagues$/, data.colleagues],
  [/^\/cases\/deputies$/, data.caseDeputies],
  [/^\/cases\/views$/, data.caseViews],
  [/^\/cases\/settings$/, { shortcuts: true }],
  [/^\/cases\/templates$/, data.caseTemplates],
  [/^\/cases\/statistics$/, data.caseStatistics],
  [/^\/cases\/[^/]+\/payments$/, data.casePayments],
  [/^\/cases\/[^/]+\/decision$/, data.decisionDraft],
  [/^\/cases\/[^/]+$/, data.caseItem],
  [/^\/identity\/directories$/, { items: [] }],
  [/^\/identity\/providers$/, data.providers],
  ...treasuryAnswers,
  [/^\/mailbox$/, data.mailbox],
  [/^\/mailbox\/[^/]+$/, data.message],
];

/** What an invented portal answers. */
export interface Answer {
  status: number;
  type: string;
  body: string;
}

/** Gives what the portal of a scene answers to a path under /api/v1. */
export function answerIn(scene: Scene, path: string): Answer {
  if (path.endsWith("/events")) {
    return { status: 200, type: "text/event-stream", body: "retry: 600000\n\n: quiet\n\n" };
  }
  const answers: [RegExp, unknown][] = [
    ...(scene.answers ?? []),
    [/^\/portal$/, scene.portal ?? data.portal],
    [/^\/session$/, scene.session ?? data.signedOut],
    ...usual,
  ];
  const found = answers.find(([pattern]) => pattern.test(path));
  if (!found || typeof found[1] === "number") {
    const status = found ? Number(found[1]) : 404;
    return { status, type: "application/problem+json", body: JSON.stringify({ ...data.problem, status }) };
  }
  return { status: 200, type: "application/json", body: JSON.stringify(found[1]) };
}
