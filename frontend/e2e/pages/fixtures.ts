import type { components } from "../../src/api/schema";

type Schemas = components["schemas"];

/** A small invented association as the portal would answer it: enough for every page to show all of its parts. */

const id = (number: number) => `0197a3c2-7c3e-7d41-9a53-${String(number).padStart(12, "0")}`;

const emsland: Schemas["PortalReference"] = {
  id: "http://localhost:8080",
  name: "Landkreis Emsland",
  url: "http://localhost:8080",
  kind: "county",
};
const meppen: Schemas["PortalReference"] = {
  id: "http://localhost:8081",
  name: "Stadt Meppen",
  url: "http://localhost:8081",
  kind: "municipality",
};
const lathen: Schemas["PortalReference"] = {
  id: "http://localhost:8082",
  name: "Samtgemeinde Lathen",
  url: "http://localhost:8082",
  kind: "jointMunicipality",
};

export const portal: Schemas["Portal"] = {
  id: meppen.id,
  name: meppen.name,
  kind: "municipality",
  areas: ["034540035035"],
  languages: ["de", "en"],
  demonstration: true,
  association: { name: "Portalverbund Emsland", members: [emsland, meppen, lathen] },
  accountHome: emsland,
  accountHomes: [emsland],
  isAccountHome: false,
  helpEmail: "hilfe@meppen.example",
};

/** The same association seen at the account home. */
export const accountHome: Schemas["Portal"] = {
  ...portal,
  id: emsland.id,
  name: emsland.name,
  kind: "county",
  areas: ["03454"],
  isAccountHome: true,
  helpEmail: "hilfe@emsland.example",
};

/** The same association with a second account home, seen at a portal that is none, and at one of the two. */
export const twoHomes: Schemas["Portal"] = { ...portal, accountHomes: [emsland, lathen] };
export const oneOfTwoHomes: Schemas["Portal"] = { ...accountHome, accountHomes: [emsland, lathen] };

export const signedOut: Schemas["Session"] = { signedIn: false, csrfToken: "none", roles: [] };
export const citizen: Schemas["Session"] = {
  signedIn: true,
  csrfToken: "token",
  displayName: "Clara Beispiel",
  roles: [],
  trustLevel: "low",
  accountUrl: "http://localhost:8080/konto",
  accountHome: emsland,
};
export const clerk: Schemas["Session"] = {
  signedIn: true,
  csrfToken: "token",
  displayName: "Jan Sachbearbeiter",
  roles: ["clerk"],
};

/** Somebody who works here and has proved the password only. */
export const unproved: Schemas["Session"] = {
  signedIn: true,
  csrfToken: "token",
  displayName: "Kim Klar",
  roles: [],
  secondFactorNeeded: true,
};

export const editor: Schemas["Session"] = {
  signedIn: true,
  csrfToken: "token",
  displayName: "Mina Merkblatt",
  roles: ["editor", "publisher"],
};

const place: Schemas["PlaceReference"] = { ars: "034540035035", name: "Meppen, Stadt", level: "gemeinde" };

export const places: Schemas["PlaceList"] = {
  items: [
    {
      ...place,
      postalCodes: ["49716"],
      parents: [{ ars: "034540000000", name: "Emsland", level: "kreis" }],
      population: 35313,
    },
    {
      ars: "034545404026",
      name: "Lathen",
      level: "gemeinde",
      postalCodes: ["49762"],
      parents: [
        { ars: "034545404000", name: "Lathen", level: "gemeindeverband" },
        { ars: "034540000000", name: "Emsland", level: "kreis" },
      ],
    },
  ],
  attribution: "© Statistisches Bundesamt, © OpenStreetMap contributors",
};

export const categories: Schemas["CategoryList"] = {
  items: [
    {
      id: "moving",
      title: "Umziehen",
      description: "Wohnsitz, Meldebescheinigung, Kfz",
      icon: "home",
      services: 7,
    },
    { id: "registration", title: "Wohnsitz melden", icon: "home", parentId: "moving", services: 3 },
    { id: "vehicle", title: "Fahrzeug ummelden", icon: "car", parentId: "moving", services: 2 },
    {
      id: "family",
      title: "Familie und Kinder",
      description: "Geburt, Betreuung, Urkunden",
      icon: "people",
      services: 9,
    },
    { id: "id", title: "Ausweis und Reise", icon: "id-card", services: 4 },
    {
      id: "waste",
      title: "Müll und Umwelt",
      description: "Sperrmüll, Tonnen, Bäume",
      icon: "recycle",
      services: 6,
    },
    { id: "pets", title: "Tiere", description: "Hundesteuer und Meldungen", icon: "paw", services: 3 },
    {
      id: "business",
      title: "Gewerbe",
      description: "An-, Um- und Abmelden",
      icon: "briefcase",
      services: 5,
    },
    { id: "car", title: "Fahren und Parken", icon: "car", services: 8 },
  ],
};

export const services: Schemas["ServiceList"] = {
  items: [
    {
      id: id(1),
      title: "Hund anmelden",
      teaser: "Wer einen Hund hält, meldet ihn bei der Gemeinde zur Hundesteuer an.",
      leikaKey: "99102013104000",
      owner: meppen,
      authorityName: "Steueramt",
      online: true,
      audiences: ["citizen"],
    },
    {
      id: id(2),
      title: "Fischereischein auf Lebenszeit beantragen und verlängern lassen",
      teaser:
        "Zum Angeln in Binnengewässern brauchen Sie einen Fischereischein und die Erlaubnis des Pächters.",
      owner: emsland,
      authorityName: "Fachbereich Umwelt",
      online: false,
      audiences: ["citizen"],
    },
  ],
  total: 2,
  counts: {
    categories: [
      { value: "moving", services: 4 },
      { value: "pets", services: 2 },
    ],
    audiences: [
      { value: "business", services: 1 },
      { value: "citizen", services: 2 },
    ],
    online: 1,
  },
};

export const popular: Schemas["PopularServices"] = {
  items: [
    "Personalausweis beantragen",
    "Wohnsitz anmelden oder ummelden",
    "Sperrmüll abholen lassen",
    "Fahrzeug ummelden (Umschreibung)",
    "Reisepass beantragen",
    "Führungszeugnis beantragen",
    "Hund anmelden (Hundesteuer)",
    "Kita-Platz anmelden",
  ].map((title, index) => ({
    id: id(50 + index),
    title,
    teaser: "",
    owner: meppen,
    online: index % 2 === 0,
    audiences: ["citizen"],
  })),
};

/** What a person keeps on their device. */
export const storedPlace = { ars: place.ars, name: place.name };
export const favourites = popular.items.slice(0, 3).map(({ id: serviceId, title }) => ({
  id: serviceId,
  title,
  teaser: "Was es ist, in einem Satz, der auch einmal etwas länger sein darf.",
}));

export const register: Schemas["ServiceRegister"] = {
  letters: [
    { letter: "0-9", services: 1 },
    ...[..."ABDEFGHJKLMNPRSTUVWZ"].map((letter, index) => ({ letter, services: 1 + ((index * 7) % 23) })),
  ],
  items: [
    "Sachkundenachweis für Hundehalterinnen und Hundehalter",
    "Schülerbeförderung beantragen",
    "Schwerbehindertenausweis",
    "Sondernutzung öffentlicher Straßen",
    "Sperrmüll abholen lassen",
    "Straßenfest und Sondernutzung öffentlicher Flächen",
  ].map((title, index) => ({ id: id(60 + index), title, online: index === 4 })),
  total: 6,
};

export const noServices: Schemas["ServiceList"] = {
  items: [],
  total: 0,
  counts: { categories: [], audiences: [], online: 0 },
};

/** What a search finds when only services fit. */
export const found: Schemas["SearchResult"] = {
  services: {
    ...services,
    items: services.items.map((item, index) => ({
      ...item,
      reasons:
        index === 0
          ? [{ kind: "alsoCalled", matched: "Hundesteuer" }, { kind: "place" }]
          : [{ kind: "synonym", typed: "Angelschein", matched: "Fischereischein" }, { kind: "elsewhere" }],
    })),
  },
  offices: { items: [], total: 0 },
  situations: { items: [], total: 0 },
  forms: { items: [], total: 0 },
};

/** What a search finds that fits something of every section, for a place named among the words. */
export const foundEverything: Schemas["SearchResult"] = {
  ...found,
  recognisedPlace: { place, words: "hund" },
  correction: { words: "hundesteuer meppen", applied: false },
  offices: {
    items: [
      { id: id(90), name: "Steueramt", parentName: "Stadt Meppen", city: "Meppen", portal: meppen },
      {
        id: id(91),
        name: "Veterinäramt und Lebensmittelüberwachung des Landkreises",
        city: "Meppen",
        portal: emsland,
      },
      { id: id(92), name: "Kämmerei Lathen – Steuern und Abgaben", city: "Lathen", portal: lathen },
    ],
    total: 5,
  },
  situations: { items: [{ id: "pets", title: "Tiere", icon: "paw" }], total: 1 },
  forms: {
    items: [
      {
        title: "SEPA-Lastschriftmandat für die Hundesteuer",
        url: "https://example.org/sepa.pdf",
        online: false,
        serviceId: id(1),
        serviceTitle: "Hund anmelden",
        portal: meppen,
      },
      { title: "Hund online ummelden", url: "https://example.org/hund", online: true, portal: emsland },
    ],
    total: 2,
  },
};

/** A search that finds nothing, for a place. */
export const foundNothing: Schemas["SearchResult"] = {
  services: noServices,
  offices: { items: [], total: 0 },
  situations: { items: [], total: 0 },
  forms: { items: [], total: 0 },
  turnTo: [
    { kind: "administration", name: "Stadt Meppen", phone: "05931 1530" },
    { kind: "hotline", name: "Behördennummer 115", phone: "115" },
  ],
};

export const suggestions: Schemas["SearchSuggestionList"] = {
  items: [
    { kind: "service", id: id(1), title: "Hund anmelden" },
    { kind: "service", id: id(3), title: "Hund abmelden" },
    { kind: "office", id: id(90), title: "Steueramt", detail: "Stadt Meppen" },
    { kind: "situation", id: "pets", title: "Tiere" },
    { kind: "query", title: "hund Meppen" },
  ],
};

export const service: Schemas["Service"] = {
  id: id(1),
  leikaKey: "99102013104000",
  title: "Hund anmelden",
  teaser: "Wer einen Hund hält, meldet ihn bei der Gemeinde zur Hundesteuer an.",
  description:
    "<p>Für jeden Hund zahlen Sie Hundesteuer. Sie melden ihn an, sobald er <strong>drei Monate</strong> alt ist.</p><ul><li>Den Bescheid bekommen Sie mit der Post.</li><li>Die Marke trägt der Hund am Halsband.</li></ul>",
  procedure:
    "<ol><li>Sie füllen den Antrag aus.</li><li>Das Steueramt prüft ihn.</li><li>Sie bekommen Bescheid und Marke.</li></ol>",
  requirements: "<p>Sie wohnen in Meppen und halten dort einen Hund.</p>",
  documents: [
    { title: "Impfpass", required: true, note: "als Foto oder PDF" },
    { title: "Nachweis der Haftpflichtversicherung", required: false },
  ],
  fees: [
    { label: "Erster Hund, im Jahr", kind: "fixed", amount: { amount: 6000, currency: "EUR" } },
    {
      label: "Weitere Hunde, im Jahr",
      kind: "range",
      amount: { amount: 8400, currency: "EUR" },
      max: { amount: 12000, currency: "EUR" },
    },
    { label: "Anmeldung", kind: "free", note: "Für die Anmeldung selbst zahlen Sie nichts." },
  ],
  deadlines: [
    {
      text: "Innerhalb von zwei Wochen, nachdem Sie den Hund aufgenommen haben.",
      duration: { value: 2, unit: "week" },
    },
  ],
  processingTime: { text: "Etwa eine Woche.", days: 7 },
  legalBasis: [
    { title: "§ 1 Hundesteuersatzung" },
    { title: "Niedersächsisches Kommunalabgabengesetz", url: "https://example.org/nkag" },
  ],
  forms: [],
  links: [],
  otherTexts: [],
  onlineServices: [],
  synonyms: ["Hundesteuer"],
  categories: ["pets"],
  categoryPaths: [{ id: "pets", title: "Tiere", parents: [] }],
  sdgAreas: [],
  audiences: ["citizen"],
  trustLevel: "low",
  signatureRequired: false,
  sourcePortals: [],
  validity: [],
  validIn: [],
  languages: ["de"],
  owner: meppen,
  updatedAt: "2026-10-01T08:00:00Z",
  language: "de",
  state: "current",
  otherLanguages: [],
  variants: [],
};

/** A service with all that a description can have, copied from a linked portal and there in several languages. */
export const fullService: Schemas["Service"] = {
  ...service,
  owner: emsland,
  publisher: "Landkreis Emsland, Fachbereich Umwelt",
  copiedAt: "2026-11-24T17:05:00Z",
  release: { by: "Ministerium für Umwelt", date: "2026-03-31" },
  languages: ["de", "en", "de-x-ls", "uk"],
  categoryPaths: [
    { id: "pets", title: "Tiere", parents: [] },
    { id: "moving", title: "Umziehen", parents: [] },
  ],
  documentsText: "<p>Bringen Sie die Unterlagen im Original mit.</p>",
  feesText: "<p>Wer Grundsicherung bekommt, zahlt die Hälfte.</p>",
  fees: [
    ...service.fees,
    {
      label: "Gefährliche Hunde",
      kind: "range",
      amount: { amount: 60000, currency: "EUR" },
      basis: "nach Rasse",
      advance: true,
      url: "https://example.org/satzung",
    },
  ],
  deadlinesText: "<p>Wer sich verspätet, zahlt ein Bußgeld.</p>",
  results: [{ title: "Hundemarke", required: true, note: "Sie kommt mit der Post." }],
  forms: [
    { url: "https://example.org/antrag.pdf", title: "Antrag zum Ausdrucken (PDF)", description: "2 Seiten" },
  ],
  notes: "<p>Für Assistenzhunde zahlen Sie nichts.</p>",
  competentBody: "<p>Die Stadt oder Gemeinde, in der Sie wohnen.</p>",
  contactPoint: "<p>Fragen beantwortet das Steueramt.</p>",
  legalRemedy: "<p>Gegen den Bescheid können Sie innerhalb eines Monats Klage erheben.</p>",
  furtherInformation: "<p>Im <a href='https://example.org/'>Ratgeber des Landes</a> steht mehr.</p>",
  links: [
    { url: "https://example.org/rassen", title: "Liste der Rassen", part: "requirements" },
    { url: "https://example.org/tierheim", title: "Tierheim" },
  ],
  otherTexts: [{ title: "Für Züchter", text: "<p>Es gibt eine Zwingersteuer.</p>" }],
  sourcePortals: [{ url: "https://service.example.org/", title: "Serviceportal des Landes" }],
};

/** The same in a language that the page is not in. */
export const easyService: Schemas["Service"] = {
  ...fullService,
  language: "de-x-ls",
  title: "Einen Hund anmelden",
  teaser: "Sie haben einen Hund? Dann müssen Sie das der Stadt sagen.",
  otherLanguages: [{ pointer: "/procedure", language: "de" }],
};
export const partlyService: Schemas["Service"] = {
  ...fullService,
  state: "upcoming",
  validity: [{ from: "2027-07-01T00:00:00Z" }],
  machineTranslated: true,
  updatedAt: "2021-10-01T08:00:00Z",
  otherLanguages: [
    { pointer: "/procedure", language: "en" },
    { pointer: "/fees/3/basis", language: "uk" },
  ],
};
export const foreignService: Schemas["Service"] = { ...service, language: "en", languages: ["en"] };

const organisation: Schemas["Organisation"] = {
  id: id(20),
  name: "Steueramt",
  parentName: "Stadt Meppen",
  address: { street: "Beispielmarkt", houseNumber: "43", postalCode: "49716", city: "Meppen" },
  phone: "030 23125 201",
  email: "steueramt@meppen.example",
  openingHours: [
    { days: ["mo", "tu", "we", "th", "fr"], from: "08:00", to: "12:30" },
    { days: ["th"], from: "14:00", to: "18:00" },
  ],
  hoursNote: "Sonst nach Vereinbarung.",
  accessibility: "Stufenloser Eingang, Aufzug.",
};

const offer: Schemas["Offer"] = {
  id: id(30),
  serviceId: id(1),
  area: place,
  organisation,
  portal: meppen,
  channel: "form",
  formId: id(40),
  role: "authority",
};

export const offers: Schemas["OfferList"] = {
  resolution: "found",
  place,
  items: [offer],
  contactPoints: [],
  turnTo: [],
};
export const offersChoose: Schemas["OfferList"] = {
  resolution: "choose",
  place,
  contactPoints: [],
  turnTo: [],
  items: [
    offer,
    {
      ...offer,
      id: id(31),
      portal: emsland,
      organisation: { ...organisation, id: id(21), name: "Fachbereich Ordnung", parentName: emsland.name },
    },
    {
      ...offer,
      id: id(32),
      channel: "counter",
      organisation: { ...organisation, id: id(22), name: "Bürgerbüro" },
    },
  ],
};
export const offersPlaceNeeded: Schemas["OfferList"] = {
  resolution: "placeNeeded",
  items: [],
  contactPoints: [],
  turnTo: [],
};

const t = (de: string, en: string) => ({ de, en });
const yesNo = [
  { value: "yes", label: t("Ja", "Yes") },
  { value: "no", label: t("Nein", "No") },
];

export const form: Schemas["Form"] = {
  id: id(40),
  version: 1,
  title: t("Hund anmelden", "Register a dog"),
  owner: meppen,
  schema: {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    additionalProperties: false,
    required: ["person", "dogs", "papers"],
    properties: {
      person: {
        type: "object",
        additionalProperties: false,
        required: ["givenName", "familyName", "birthDate", "email"],
        properties: {
          givenName: { type: "string", minLength: 1, maxLength: 100 },
          familyName: { type: "string", minLength: 1, maxLength: 100 },
          birthDate: { type: "string", format: "date" },
          email: { type: "string", format: "email" },
          phone: { type: "string", maxLength: 40 },
          postalCode: { type: "string", pattern: "^[0-9]{5}$" },
        },
      },
      dogs: {
        type: "object",
        additionalProperties: false,
        required: ["list", "known"],
        properties: {
          known: { type: "string", enum: ["yes", "no"] },
          previous: { type: "string", minLength: 1, maxLength: 200 },
          size: { type: "string", enum: ["small", "medium", "large"] },
          uses: {
            type: "array",
            uniqueItems: true,
            items: { type: "string", enum: ["guide", "rescue", "herd"] },
          },
          list: {
            type: "array",
            minItems: 1,
            maxItems: 3,
            items: {
              type: "object",
              additionalProperties: false,
              required: ["name"],
              properties: {
                name: { type: "string", minLength: 1, maxLength: 60 },
                weight: { type: "number", exclusiveMinimum: 0, maximum: 120 },
              },
            },
          },
        },
        if: { properties: { known: { const: "yes" } }, required: ["known"] },
        then: { required: ["previous"] },
      },
      papers: {
        type: "object",
        additionalProperties: false,
        required: ["proof", "correct"],
        properties: {
          proof: { type: "array", minItems: 1, maxItems: 3, items: { type: "string", format: "uuid" } },
          remarks: { type: "string", maxLength: 500 },
          correct: { const: true },
        },
      },
    },
  },
  layout: {
    steps: [
      {
        id: "person",
        title: t("Zu Ihrer Person", "About you"),
        intro: t("Bitte geben Sie an, wer den Hund hält.", "Please say who keeps the dog."),
        fields: [
          {
            name: "givenName",
            kind: "text",
            label: t("Vorname", "First name"),
            autocomplete: "given-name",
            profile: "givenName",
          },
          {
            name: "familyName",
            kind: "text",
            label: t("Nachname", "Last name"),
            autocomplete: "family-name",
            profile: "familyName",
          },
          {
            name: "birthDate",
            kind: "date",
            label: t("Geburtsdatum", "Date of birth"),
            hint: t("Zum Beispiel: 27 3 1985", "For example: 27 3 1985"),
            autocomplete: "bday",
            profile: "birthDate",
          },
          { name: "email", kind: "email", label: t("E-Mail-Adresse", "E-mail address"), profile: "email" },
          {
            name: "phone",
            kind: "phone",
            label: t("Telefon", "Phone"),
            width: "medium",
            autocomplete: "tel",
          },
          {
            name: "postalCode",
            kind: "text",
            label: t("Postleitzahl", "Postal code"),
            width: "short",
            autocomplete: "postal-code",
          },
        ],
      },
      {
        id: "dogs",
        title: t("Ihr Hund", "Your dog"),
        fields: [
          {
            name: "known",
            kind: "radio",
            label: t("War der Hund schon einmal angemeldet?", "Was the dog registered before?"),
            options: yesNo,
          },
          {
            name: "previous",
            kind: "text",
            label: t("Bei welcher Gemeinde?", "At which municipality?"),
            showWhen: { field: "known", equals: "yes" },
          },
          {
            name: "size",
            kind: "select",
            label: t("Größe", "Size"),
            options: [
              { value: "small", label: t("klein", "small") },
              { value: "medium", label: t("mittel", "medium") },
              { value: "large", label: t("groß", "large") },
            ],
          },
          {
            name: "uses",
            kind: "checkboxes",
            label: t("Wird der Hund als Helfer eingesetzt?", "Does the dog help?"),
            options: [
              { value: "guide", label: t("Blindenführhund", "Guide dog") },
              { value: "rescue", label: t("Rettungshund", "Rescue dog") },
              { value: "herd", label: t("Hütehund", "Herding dog") },
            ],
          },
          {
            name: "list",
            kind: "group",
            label: t("Welche Hunde melden Sie an?", "Which dogs do you register?"),
            itemLabel: t("Hund", "Dog"),
            addLabel: t("Weiteren Hund hinzufügen", "Add another dog"),
            fields: [
              { name: "name", kind: "text", label: t("Name des Hundes", "Name of the dog") },
              { name: "weight", kind: "number", label: t("Gewicht in kg", "Weight in kg"), width: "short" },
            ],
          },
        ],
      },
      {
        id: "papers",
        title: t("Unterlagen", "Documents"),
        fields: [
          {
            name: "proof",
            kind: "file",
            label: t("Impfpass", "Vaccination record"),
            hint: t("PDF, JPEG oder PNG, höchstens 10 MB", "PDF, JPEG or PNG, 10 MB at most"),
            accept: [".pdf", "image/jpeg", "image/png"],
            maxFiles: 3,
          },
          { name: "remarks", kind: "textarea", label: t("Bemerkungen", "Remarks") },
          {
            name: "correct",
            kind: "declaration",
            label: t("Meine Angaben sind vollständig und richtig.", "My answers are complete and correct."),
          },
        ],
      },
    ],
  },
};

const attachment: Schemas["Attachment"] = {
  id: id(50),
  name: "impfpass-bello-mit-einem-ziemlich-langen-dateinamen.pdf",
  field: "/papers/proof",
  mediaType: "application/pdf",
  size: 482_133,
  sha256: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
  available: true,
};

export const answers = {
  person: {
    givenName: "Clara",
    familyName: "Beispiel",
    birthDate: "1988-04-12",
    email: "clara.beispiel@example.org",
    origins: [
      { item: "givenName", origin: "bundid", verified: true, at: "2026-11-20T09:00:00Z" },
      { item: "familyName", origin: "bundid", verified: true, at: "2026-11-20T09:00:00Z" },
    ],
  },
  dogs: {
    known: "yes",
    previous: "Lathen",
    size: "medium",
    uses: ["rescue"],
    list: [{ name: "Bello", weight: 12.5 }, { name: "Luna" }],
  },
  papers: { proof: [attachment.id], correct: true },
};

const base = {
  id: id(60),
  serviceId: id(1),
  serviceTitle: "Hund anmelden",
  authorityName: "Steueramt",
  portal: meppen,
  place,
  formId: id(40),
  formVersion: 1,
  createdAt: "2026-11-20T09:12:00Z",
  changedAt: "2026-11-23T10:40:00Z",
  contentKept: true,
} satisfies Partial<Schemas["Application"]>;

export const draft: Schemas["Application"] = {
  ...base,
  state: "draft",
  attachments: [attachment],
  timeline: [],
  data: answers,
  step: "person",
};
export const emptyDraft: Schemas["Application"] = {
  ...base,
  state: "draft",
  attachments: [],
  timeline: [],
  data: {},
};

/** Files that a virus scanner has not looked at yet, has found something in, and has nothing against. */
const scanned: Schemas["Attachment"][] = [
  { ...attachment, name: "heimtierausweis.pdf", check: "pending" },
  { ...attachment, id: id(51), name: "versicherung.pdf", check: "refused", available: false },
  { ...attachment, id: id(52), name: "steuerbescheid.pdf" },
];
const scannedAnswers = { ...answers, papers: { ...answers.papers, proof: scanned.map((file) => file.id) } };
export const scannedDraft: Schemas["Application"] = { ...draft, attachments: scanned, data: scannedAnswers };

const timeline: Schemas["TimelineEvent"][] = [
  { id: id(70), at: "2026-11-20T09:12:00Z", kind: "submitted", by: "citizen" },
  {
    id: id(71),
    at: "2026-11-20T09:12:02Z",
    kind: "received",
    by: "authority",
    name: "Steueramt, Stadt Meppen",
  },
  {
    id: id(72),
    at: "2026-11-21T08:00:00Z",
    kind: "inProgress",
    by: "authority",
    name: "Steueramt, Stadt Meppen",
  },
  {
    id: id(73),
    at: "2026-11-23T10:40:00Z",
    kind: "question",
    by: "authority",
    name: "Steueramt, Stadt Meppen",
    text: "Guten Tag,\nseit wann halten Sie den Hund?",
  },
];

export const question: Schemas["Application"] = {
  ...base,
  state: "question",
  number: "MEP-26-4F7K-2P9T-X",
  submittedAt: "2026-11-20T09:12:00Z",
  attachments: [attachment],
  data: answers,
  timeline,
};
export const scannedApplication: Schemas["Application"] = {
  ...question,
  attachments: scanned,
  data: scannedAnswers,
};
export const granted: Schemas["Application"] = {
  ...question,
  state: "granted",
  contentKept: false,
  timeline: [
    ...timeline,
    {
      id: id(74),
      at: "2026-11-23T12:00:00Z",
      kind: "granted",
      by: "authority",
      name: "Steueramt, Stadt Meppen",
      text: "Ihr Hund ist angemeldet. Die Steuermarke kommt mit der Post.",
    },
  ],
};

export const applications: Schemas["ApplicationList"] = {
  items: [question, { ...granted, id: id(61) }, { ...draft, id: id(62) }],
};

export const receipt: Schemas["Receipt"] = {
  number: "MEP-26-4F7K-2P9T-X",
  serviceTitle: "Hund anmelden",
  authorityName: "Steueramt",
  portal: meppen,
  submittedAt: "2026-11-20T09:12:00Z",
  contentHash: attachment.sha256,
  attachments: [attachment],
  arrivedAt: "2026-11-20T09:12:02Z",
  signedReceipt: `eyJhbGciOiJFUzI1NiIsInR5cCI6InB2LXJlY2VpcHQrand0In0.${"eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0".repeat(6)}.c2lnbmF0dXJl`,
};

export const prefill: Schemas["Prefill"] = {
  state: "consentNeeded",
  origin: emsland,
  items: ["givenName", "familyName", "birthDate", "email"],
  consentUrl: "/api/v1/signin/start?serviceId=x",
};
export const prefillAvailable: Schemas["Prefill"] = {
  state: "available",
  origin: emsland,
  profile: {
    givenName: "Clara",
    familyName: "Beispiel",
    birthDate: "1988-04-12",
    email: "clara.beispiel@example.org",
  },
};

export const request: Schemas["SignInRequest"] = {
  id: id(80),
  clientName: "Stadt Meppen",
  step: "consent",
  purpose: "Hund anmelden",
  items: ["givenName", "familyName", "birthDate", "email"],
  scopes: ["mailbox:read"],
};

export const mailbox: Schemas["MailboxList"] = {
  unread: 1,
  items: [
    {
      id: id(90),
      subject: "Rückfrage zu Ihrem Antrag „Hund anmelden“",
      sender: "Stadt Meppen · Steueramt",
      at: "2026-11-23T10:40:00Z",
      read: false,
    },
    {
      id: id(91),
      subject: "Ihr Antrag ist eingegangen",
      sender: "Stadt Meppen · Steueramt",
      at: "2026-11-20T09:12:00Z",
      read: true,
    },
  ],
};
export const message: Schemas["MailboxMessage"] = {
  id: id(90),
  subject: "Rückfrage zu Ihrem Antrag „Hund anmelden“",
  sender: "Stadt Meppen · Steueramt",
  at: "2026-11-23T10:40:00Z",
  text: "Guten Tag Clara Beispiel,\n\nwir haben eine Frage zu Ihrem Antrag MEP-26-4F7K-2P9T-X.\nBitte antworten Sie im Portal.",
  link: "http://localhost:8081/antraege/x",
};

/** A decision whose paper is on its way to the portal where the person applied. */
export const decisionMessage: Schemas["MailboxMessage"] = {
  ...message,
  subject: "Entscheidung: Ihr Antrag ist bewilligt",
  text: "Guten Tag Clara Beispiel,\n\nüber Ihren Antrag MEP-26-4F7K-2P9T-X ist entschieden. Der Bescheid liegt bei.",
  documents: [
    {
      id: id(92),
      name: "Bescheid MEP-26-4F7K-2P9T-X.pdf",
      mediaType: "application/pdf",
      size: 24_118,
      sha256: "ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d",
    },
  ],
};

export const profile: Schemas["Profile"] = {
  givenName: "Clara",
  familyName: "Beispiel",
  birthDate: "1988-04-12",
  street: "Lange Straße",
  houseNumber: "7",
  postalCode: "49716",
  city: "Meppen",
  email: "clara.beispiel@example.org",
  iban: "DE89370400440532013000",
  children: [{ givenName: "Anna", familyName: "Beispiel", birthDate: "2019-05-03" }, { givenName: "Max" }],
  vehicles: [{ plate: "EL-AB 123", name: "Familienauto" }],
  origins: (["givenName", "familyName", "birthDate", "street", "city"] as const).map((item) => ({
    item,
    origin: "bundid",
    verified: true,
    at: "2026-11-20T09:00:00Z",
  })),
};
export const proposals: Schemas["ProposalList"] = {
  items: [
    {
      id: id(101),
      from: "Stadt Meppen",
      purpose: "Hund anmelden",
      at: "2026-11-23T10:00:00Z",
      data: { phone: "05931 4711", street: "Kurze Straße" },
    },
  ],
};
export const consents: Schemas["ConsentList"] = {
  items: [
    {
      id: id(100),
      recipient: "Stadt Meppen",
      purpose: "Hund anmelden",
      items: ["givenName", "familyName"],
      givenAt: "2026-11-20T09:10:00Z",
    },
    {
      id: id(101),
      recipient: "Samtgemeinde Lathen",
      purpose: "Sperrmüll",
      items: ["email"],
      givenAt: "2026-10-20T09:10:00Z",
      withdrawnAt: "2026-10-21T09:10:00Z",
    },
  ],
};
const powerOf = (side: "granted" | "received", part: Partial<Schemas["Power"]>): Schemas["Power"] => ({
  id: id(110),
  kind: "represent",
  state: "active",
  side,
  principal: side === "granted" ? "Clara Beispiel" : "Anna-Friederike Muster-Beispielmann",
  representative: side === "granted" ? "Bernd Beispiel" : "Clara Beispiel",
  services: [{ id: id(1), title: "Hund anmelden (Hundesteuer)" }],
  groups: [{ id: "vehicles", title: "Fahrzeug und Führerschein" }],
  profileItems: ["givenName", "familyName", "street"],
  validUntil: "2027-06-30",
  trustLevel: "substantial",
  createdAt: "2026-11-20T09:10:00Z",
  acceptedAt: "2026-11-20T10:10:00Z",
  confirmedAt: "2026-11-20T11:10:00Z",
  ...part,
});

export const power = powerOf("granted", {
  uses: [
    {
      at: "2026-11-21T08:00:00Z",
      act: "submit",
      service: "Hund anmelden (Hundesteuer)",
      portal: "Stadt Meppen",
    },
    {
      at: "2026-11-22T08:00:00Z",
      act: "answer",
      service: "Hund anmelden (Hundesteuer)",
      portal: "Stadt Meppen",
    },
  ],
});

export const powerToConfirm = powerOf("granted", { state: "accepted", representativeLevel: "low" });

export const actingFor: Schemas["PowerList"] = {
  items: [
    powerOf("received", {}),
    powerOf("received", { id: id(111), kind: "help", principal: "Karl Beispiel" }),
  ],
};

export const powers: Schemas["PowerList"] = {
  items: [
    power,
    powerOf("granted", {
      id: id(112),
      state: "withdrawn",
      endedAt: "2026-11-23T08:00:00Z",
      endedBy: "granted",
    }),
    ...actingFor.items,
  ],
};

/** Somebody who acts for another person. */
export const actingCitizen: Schemas["Session"] = {
  ...citizen,
  acting: {
    name: "Anna-Friederike Muster-Beispielmann",
    person: "Clara Beispiel",
    kind: "power",
    powerId: id(110),
  },
};

export const accesses: Schemas["AccessList"] = {
  items: [
    {
      id: id(110),
      at: "2026-11-20T09:11:00Z",
      who: "Stadt Meppen",
      purpose: "Hund anmelden",
      kind: "portal",
      items: ["givenName", "familyName"],
      ground: "consent",
    },
    {
      id: id(111),
      at: "2026-11-21T10:30:00Z",
      who: "Stadt Meppen, Steueramt",
      purpose: "Hund anmelden",
      kind: "clerk",
      reference: "MEP-2026-7K3F-Q",
      items: ["application", "attachments"],
      ground: "law",
      mayObject: true,
    },
  ],
};
export const deletion: Schemas["Deletion"] = {
  state: "none",
  openApplications: ["Hund anmelden (MEP-2026-7K3F-Q)"],
  drafts: 1,
  applications: 3,
  jointDrafts: ["Straßenfest und Sondernutzung öffentlicher Flächen"],
  jointApplications: 1,
  messages: 7,
  portals: ["Stadt Meppen", "Samtgemeinde Lathen"],
  kept: ["cases", "receipts", "audit"],
};
export const credentials: Schemas["Credentials"] = {
  hasPassword: true,
  passkeys: [
    {
      id: id(75),
      name: "Mein Telefon",
      createdAt: "2026-10-02T09:12:00Z",
      lastUsedAt: "2026-11-20T09:12:00Z",
      synced: true,
    },
    {
      id: id(76),
      name: "Sicherheitsschlüssel an meinem Schlüsselbund",
      createdAt: "2026-10-03T09:12:00Z",
      synced: false,
    },
  ],
  oneTimeCodes: true,
  oneTimeCodesSince: "2026-10-02T09:12:00Z",
  recoveryCodesLeft: 8,
};

export const documents: Schemas["SafeDocumentList"] = {
  usedBytes: 5_400_000,
  quotaBytes: 100_000_000,
  items: [
    {
      id: "0197a3f0-5f5e-7c3a-9d2e-2f1d4c7b9a21",
      name: "Personalausweis Vorderseite.jpg",
      kind: "identity",
      validUntil: "2025-03-31",
      mediaType: "image/jpeg",
      size: 1_300_000,
      sha256: "0".repeat(64),
      createdAt: "2026-11-20T09:00:00Z",
    },
    {
      id: "0197a3f0-5f5e-7c3a-9d2e-2f1d4c7b9a22",
      name: "Einkommensteuerbescheid_2025_Finanzamt_Lingen_mit_allen_Anlagen.pdf",
      kind: "income",
      mediaType: "application/pdf",
      size: 4_100_000,
      sha256: "1".repeat(64),
      createdAt: "2026-10-02T09:00:00Z",
      origin: { sender: "Finanzamt Lingen (Ems)", at: "2026-10-01T07:30:00Z" },
    },
  ],
};
export const sessions: Schemas["SessionList"] = {
  items: [
    {
      id: id(120),
      createdAt: "2026-11-23T08:00:00Z",
      lastSeenAt: "2026-11-23T10:00:00Z",
      browser: "Firefox on Linux",
      current: true,
    },
    {
      id: id(121),
      createdAt: "2026-11-10T08:00:00Z",
      lastSeenAt: "2026-11-11T10:00:00Z",
      browser: "Safari on iPhone",
      current: false,
    },
  ],
};

const caseBase = {
  number: "MEP-26-4F7K-2P9T-X",
  serviceTitle: "Hund anmelden",
  applicantName: "Clara Beispiel",
  organisationName: "Steueramt",
  origin: lathen,
  receivedAt: "2026-11-20T09:12:02Z",
  changedAt: "2026-11-23T10:40:00Z",
  dueOn: "2026-12-18",
};
const bernd = { id: id(140), name: "Bernd Beispiel", self: true };
const inge = { id: id(141), name: "Inge Innenstadt-Hoffmannsberg", self: false };
export const cases: Schemas["CaseList"] = {
  items: (["received", "inProgress", "question", "granted"] as const).map((state, index) => ({
    ...caseBase,
    id: id(130 + index),
    state,
    ...(index > 0 && { assignee: index === 1 ? bernd : inge }),
    ...(index === 1 && { proposed: true }),
    ...(index === 2 && { dueOn: "2026-11-12", overdue: true }),
  })),
  counts: { received: 1, inProgress: 1, question: 1, granted: 1000 },
};
export const caseItem: Schemas["Case"] = {
  ...caseBase,
  id: id(130),
  state: "received",
  serviceId: id(1),
  place,
  formId: id(40),
  formVersion: 1,
  data: answers,
  attachments: [attachment, { ...attachment, id: id(51), name: "foto.jpg", available: false }],
  timeline,
  contentHash: attachment.sha256,
  trustLevel: "low",
  dueOn: "2026-11-12",
  overdue: true,
  assignee: inge,
  notes: [
    {
      id: id(145),
      at: "2026-11-21T08:12:00Z",
      author: "Bernd Beispiel",
      text: "Mit dem Ordnungsamt gesprochen: keine Bedenken.",
    },
  ],
};
export const scannedCase: Schemas["Case"] = {
  ...caseItem,
  attachments: scanned.map((file) => ({ ...file, available: file.check === undefined })),
  data: scannedAnswers,
};
const standsIn: Schemas["CaseDeputy"] = {
  of: { ...inge, open: 12 },
  deputy: bernd,
  from: "2026-11-23",
  to: "2026-12-04",
  active: true,
};
export const caseDeputies: Schemas["CaseDeputies"] = {
  own: { ...standsIn, of: bernd, deputy: inge, from: "2026-12-21", to: "2027-01-04", active: false },
  forOthers: [standsIn],
  all: [standsIn],
};
/** One that is closed and held. */
export const heldCase: Schemas["Case"] = {
  ...caseItem,
  state: "granted",
  overdue: false,
  deleteOn: "2036-11-23",
  hold: {
    reason: "Klage beim Verwaltungsgericht Osnabrück, 3 A 117/26",
    by: "Bernd Beispiel",
    at: "2026-11-24T08:00:00Z",
  },
};
/** One whose decision waits for somebody else. */
export const proposedCase: Schemas["Case"] = {
  ...caseItem,
  state: "inProgress",
  fourEyes: true,
  proposal: {
    outcome: "granted",
    text: "Ihr Hund ist angemeldet. Die Steuermarke kommt mit der Post.",
    by: inge,
    at: "2026-11-24T08:00:00Z",
  },
};
export const paymentServices: Schemas["PaymentServiceList"] = {
  configured: true,
  items: [
    {
      id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0901",
      url: "https://bezahldienst.example/api/v1",
      originatorId: "meppen",
      endPointId: "kasse",
      listUrl: "https://bezahldienst.example/liste/meppen/kasse",
      authentication: "oauth",
      tokenUrl: "https://bezahldienst.example/oauth/token",
      clientId: "portal-meppen",
      account: { holder: "Stadt Meppen", iban: "DE02120300000000202051" },
      changedAt: "2026-11-20T08:00:00Z",
    },
    {
      id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0902",
      organisationId: "0b7a4f0e-5f0e-5c41-9d6c-3f3a5e0b7a11",
      organisationName: "Fachbereich Sicherheit und Ordnung, Straßenverkehrsbehörde",
      url: "https://epaybl.example/xbezahldienste",
      originatorId: "meppen-ordnung",
      endPointId: "verkehr",
      authentication: "certificate",
      certificate: {
        pem: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        subject: "CN=portal.meppen.example,O=Stadt Meppen,C=DE",
        expiresAt: "2027-06-30T12:00:00Z",
      },
      changedAt: "2026-11-21T08:00:00Z",
    },
  ],
};

export const caseRules: Schemas["CaseRules"] = {
  keepMonths: 120,
  fourEyes: false,
  items: [
    { serviceId: id(1), serviceTitle: "Hund anmelden", keepMonths: 60, keptMonths: 60, needsFourEyes: false },
    {
      serviceId: id(1),
      serviceTitle: "Hund anmelden",
      unit: id(2),
      organisationName: "Steueramt der Stadt Meppen",
      keptMonths: 60,
      fourEyes: true,
      needsFourEyes: true,
    },
    {
      serviceId: id(3),
      serviceTitle: "Sondernutzung für ein Straßenfest",
      keptMonths: 120,
      needsFourEyes: false,
    },
  ],
};
export const decisionDraft: Schemas["DecisionDraft"] = {
  sender: ["Stadt Meppen", "Markt 43", "49716 Meppen"],
  recipient: ["Clara Beispiel", "Am Kanal 2", "49716 Meppen"],
  legalBasis: "§ 4 Hundesteuersatzung der Stadt Meppen",
  remedy:
    "Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden. Der Widerspruch ist bei Stadt Meppen, Markt 43, 49716 Meppen, schriftlich oder zur Niederschrift zu erheben.",
  signedBy: "Bernd Beispiel",
};
export const decidedCase: Schemas["Case"] = {
  ...caseItem,
  state: "granted",
  overdue: false,
  decision: {
    name: "Bescheid MEP-26-4F7K-2P9T-X.pdf",
    size: 24_118,
    sha256: attachment.sha256,
    at: "2026-11-24T09:30:00Z",
    openedAt: "2026-11-24T17:02:00Z",
  },
};
const euros = (amount: number) => ({ amount, currency: "EUR" });
export const casePayments: Schemas["CasePayments"] = {
  items: [
    {
      id: id(149),
      state: "created",
      amount: euros(3070),
      refunded: euros(0),
      shown: euros(3070),
      tariff: euros(3070),
      purpose: "Gebühr für den Bewohnerparkausweis",
      reference: "260000000010",
      budgetAccount: "12200.43110",
      applicationNumber: "MEP-26-4F7K-2P9T-X",
      createdAt: "2026-11-20T09:12:02Z",
      changedAt: "2026-11-20T09:12:02Z",
      dueAt: "2026-12-20T09:12:02Z",
      steps: [],
    },
  ],
};
/** The same, made smaller by the authority. */
export const reducedPayments: Schemas["CasePayments"] = {
  items: casePayments.items.map((payment) => ({
    ...payment,
    amount: euros(1500),
    reduction: { from: payment.amount, to: euros(1500), reason: "Ermäßigung für Familien mit drei Kindern" },
  })),
};
/** A case whose fee is still to be set. */
export const feeToSet: Schemas["CasePayments"] = {
  items: [],
  toSet: {
    purpose: "Gebühr für die Einsicht in eine Bauakte",
    legalBasis: "§ 1 Baugebührenordnung",
    range: { from: euros(2000), to: euros(25_000) },
  },
};
const feeItems: Schemas["FeeItem"][] = [
  {
    label: "Einsicht in die Akte, Heraussuchen und Zurückstellen durch das Archiv",
    quantity: 150,
    unitAmount: 5600,
    taxRate: 0,
    net: 8400,
    tax: 0,
    gross: 8400,
  },
  { label: "Kopien", quantity: 1200, unitAmount: 50, taxRate: 19, net: 600, tax: 114, gross: 714 },
];
const setReason = "Die Akte hat zwei Bände, und zwölf Seiten wurden kopiert.";
/** One that was set. */
export const setPayments: Schemas["CasePayments"] = {
  items: casePayments.items.map((payment) => ({
    ...payment,
    amount: euros(9114),
    shown: euros(9114),
    tariff: euros(9114),
    purpose: "Gebühr für die Einsicht in eine Bauakte",
    items: feeItems,
    reason: setReason,
  })),
};
/** One that was waived, as the person sees it. */
export const waivedPayment: Schemas["Payment"] = {
  id: id(149),
  revision: 3,
  state: "withdrawn",
  amount: euros(3070),
  refunded: euros(0),
  purpose: "Gebühr für den Bewohnerparkausweis",
  legalBasis: "Gebührenordnung für Maßnahmen im Straßenverkehr",
  reference: "260000000010",
  applicationId: id(20),
  applicationNumber: "MEP-26-4F7K-2P9T-X",
  serviceTitle: "Bewohnerparkausweis",
  creditor: "Stadt Meppen, Ordnungsamt",
  portal: meppen,
  payable: false,
  reduction: { from: euros(3070), to: euros(0), reason: "Ihr Fahrzeug ist als Pflegedienst befreit." },
  createdAt: "2026-11-20T09:12:02Z",
  dueAt: "2026-12-20T09:12:02Z",
};
/** One that was set by a clerk, as the person sees it. */
export const setPayment: Schemas["Payment"] = {
  ...waivedPayment,
  state: "created",
  amount: euros(5000),
  purpose: "Gebühr für die Einsicht in eine Bauakte",
  serviceTitle: "Bauakte einsehen",
  creditor: "Landkreis Emsland, Bauaufsicht",
  payable: true,
  received: euros(2000),
  transfer: {
    holder: "Landkreis Emsland",
    iban: "DE02120300000000202051",
    amount: euros(3000),
    reference: "260000000010",
    code: "BCD\n002\n1\nSCT\n\nLandkreis Emsland\nDE02120300000000202051\nEUR30.00\n\n\n260000000010",
  },
  items: feeItems,
  reason: setReason,
  reduction: { from: euros(9114), to: euros(5000), reason: "Ermäßigung für Ehrenamtliche" },
};
export const colleagues: Schemas["ColleagueList"] = {
  items: [
    { ...bernd, open: 12 },
    { ...inge, open: 1 },
  ],
};
export const caseViews: Schemas["CaseViewList"] = {
  items: [{ name: "Meine Hunde", q: "hund", assignee: "me" }],
};
export const caseTemplates: Schemas["CaseTemplateList"] = {
  items: [
    {
      id: id(146),
      use: "question",
      title: "Haftpflicht fehlt",
      text: "Guten Tag {name},\n\nbitte senden Sie uns zu {number} den Nachweis der Haftpflichtversicherung.",
      changeable: true,
    },
    {
      id: id(147),
      use: "granted",
      title: "Hund angemeldet",
      text: "Ihr Hund ist angemeldet.",
      changeable: false,
    },
    {
      id: id(148),
      use: "note",
      title: "Rücksprache",
      text: "Rücksprache mit dem Ordnungsamt am {today}:",
      changeable: true,
    },
    {
      id: id(149),
      use: "serviceRemedy",
      title: "Klage",
      text: "Gegen diesen Bescheid kann innerhalb eines Monats Klage beim Verwaltungsgericht Osnabrück erhoben werden.",
      service: id(1),
      serviceTitle: "Hund anmelden",
      changeable: true,
    },
  ],
};
const figures = {
  received: 128,
  open: 17,
  overdue: 3,
  granted: 96,
  refused: 9,
  withdrawn: 6,
  closed: 4,
  medianDays: 6.5,
  slowDays: 21,
  oldestDays: 48,
};
export const caseStatistics: Schemas["CaseStatistics"] = {
  from: "2026-09-01",
  to: "2026-11-29",
  services: [
    { serviceId: id(1), serviceTitle: "Hund anmelden", ...figures },
    {
      serviceId: id(2),
      serviceTitle: "Sondernutzungserlaubnis für eine Straßenveranstaltung",
      received: 1,
      open: 1,
      overdue: 0,
      granted: 0,
      refused: 0,
      withdrawn: 0,
      closed: 0,
      oldestDays: 3,
    },
  ],
  total: { ...figures, received: 129, open: 18 },
  people: [
    { open: 9, overdue: 2 },
    { id: bernd.id, name: bernd.name, open: 8, overdue: 1 },
    { id: inge.id, name: inge.name, open: 1, overdue: 0 },
  ],
};

export const problem: Schemas["Problem"] = {
  type: "urn:portalverbund:problem:unavailable",
  title: "Das Portal ist gerade überlastet.",
  status: 503,
  detail: "Bitte versuchen Sie es in einer Minute noch einmal.",
  requestId: "01934d2c-5d50-7b7e-a5d3-8a4f1f0c2b11",
};

const editorialContent = {
  id: id(1),
  sdgAreas: ["1040100", "1080000"],
  title: { de: "Hund anmelden", en: "Register a dog" },
  teaser: { de: "Wer einen Hund hält, meldet ihn zur Hundesteuer an." },
  description: {
    de: '<p>Für jeden Hund zahlen Sie <strong>Hundesteuer</strong>.</p><ul><li>Den Bescheid bekommen Sie mit der Post.</li></ul><p><a href="https://example.org/">Mehr</a></p>',
  },
  documents: [{ title: { de: "Impfpass", en: "Vaccination card" }, required: true }],
  fees: [
    { label: { de: "Erster Hund" }, kind: "fixed", amount: 6000, currency: "EUR" },
    { label: { de: "Weitere" }, kind: "range", amount: 8400, max: 12000, currency: "EUR" },
  ],
  deadlines: [{ text: { de: "Zwei Wochen" }, duration: { value: 2, unit: "week" } }],
  legalBasis: [{ title: { de: "§ 1 Hundesteuersatzung" } }],
  audiences: ["citizen"],
  categories: ["pets"],
  trustLevel: "low",
};

/** A service that an editor has changed. */
export const editorialEntry: Schemas["EditorialEntry"] = {
  kind: "service",
  id: id(1),
  title: "Hund anmelden",
  state: "changed",
  content: editorialContent,
  hasDraft: true,
  released: { ...editorialContent, teaser: { de: "Wer einen Hund hält, zahlt Hundesteuer." } },
  releasedTag: "9f2c",
  changedAt: "2026-11-23T09:30:00Z",
  changedBy: "Mina Merkblatt",
  findings: [
    {
      severity: "error",
      pointer: "/fees/1/label",
      code: "maxLength",
      message: "Das ist zu lang (höchstens 300 Zeichen).",
    },
    {
      severity: "warning",
      pointer: "/validity",
      code: "expiring",
      message: "Die Gültigkeit endet bald.",
    },
    {
      severity: "warning",
      pointer: "/teaser/en",
      code: "languageMissing",
      message: "Die Übersetzung fehlt.",
    },
  ],
  comments: [
    {
      id: id(90),
      at: "2026-11-23T09:00:00Z",
      by: "Mats Marktplatz",
      kind: "returned",
      text: "Bitte die Gebühr für weitere Hunde prüfen.",
    },
  ],
  rights: {
    edit: true,
    submit: true,
    release: true,
    writes: true,
    releases: true,
    fourEyes: false,
    isAuthor: true,
  },
};

export const editorialReview: Schemas["EditorialEntry"] = {
  ...editorialEntry,
  state: "inReview",
  findings: [],
  source: "landkreis.jsonl",
  correction: { source: "landkreis.jsonl", conflicts: ["/teaser/de"], deletedBySource: false },
  rights: {
    edit: false,
    submit: false,
    release: true,
    writes: true,
    releases: true,
    fourEyes: true,
    isAuthor: false,
  },
};

export const editorialOffice: Schemas["EditorialEntry"] = {
  ...editorialEntry,
  kind: "organisation",
  id: id(20),
  title: "Steueramt",
  findings: [],
  comments: [],
  content: {
    id: id(20),
    name: { de: "Steueramt", en: "Tax office" },
    address: { street: "Beispielmarkt", houseNumber: "43", postalCode: "49716", city: "Meppen" },
    openingHours: [{ days: ["mo", "tu", "we"], from: "08:00", to: "12:30" }],
    specialHours: [{ from: "2026-12-24", to: "2026-12-31", note: { de: "Zwischen den Jahren" } }],
  },
};

export const editorialCompetence: Schemas["EditorialEntry"] = {
  ...editorialEntry,
  kind: "competence",
  id: id(30),
  title: "Hund anmelden – Steueramt – 034540035035",
  findings: [],
  comments: [],
  content: {
    id: id(30),
    serviceId: id(1),
    organisationId: id(20),
    area: "034540035035",
    conditions: [{ kind: "surname", from: "A", to: "K" }],
    onlineService: { type: "link", url: "https://example.org/" },
  },
};

const form40 = id(40);
export const editorialForms: Schemas["EditorialFormList"] = {
  items: [{ id: form40, version: 2, title: "Anmeldung zur Hundesteuer", own: true }],
};
export const editorialCompetenceForm: Schemas["EditorialEntry"] = {
  ...editorialCompetence,
  content: {
    ...editorialCompetence.content,
    conditions: [],
    onlineService: { type: "form", formId: form40, channel: "desk" },
  },
};
export const editorialCompetenceReview: Schemas["EditorialEntry"] = {
  ...editorialCompetence,
  state: "inReview",
  released: { ...editorialCompetence.content, organisationId: id(21), area: "034540000000", role: "03" },
  rights: {
    edit: false,
    submit: false,
    release: true,
    writes: true,
    releases: true,
    fourEyes: true,
    isAuthor: false,
  },
};
export const editorialSpecialisation: Schemas["EditorialEntry"] = {
  ...editorialEntry,
  kind: "specialisation",
  id: id(31),
  title: "Hund anmelden in Lathen",
  findings: [],
  comments: [],
  content: {
    id: id(31),
    serviceId: id(1),
    areas: ["034545404"],
    fees: [{ label: { de: "Jeder Hund" }, kind: "fixed", amount: 4800, currency: "EUR" }],
  },
};
export const editorialSituation: Schemas["EditorialEntry"] = {
  ...editorialEntry,
  kind: "category",
  id: "registration",
  title: "Wohnsitz melden",
  findings: [],
  comments: [],
  content: {
    id: "registration",
    title: { de: "Wohnsitz melden" },
    icon: "home",
    position: 1,
    parentId: "moving",
  },
};
export const editorialMeanwhile: Schemas["EditorialEntry"] = {
  ...editorialEntry,
  findings: [],
  comments: [],
  releasedMeanwhile: true,
  base: {
    ...editorialContent,
    teaser: { de: "Wer einen Hund hält, zahlt dafür." },
    fees: [{ label: { de: "Erster Hund" }, kind: "fixed", amount: 5000, currency: "EUR" }],
    trustLevel: "low",
  },
  released: {
    ...editorialContent,
    teaser: { de: "Wer einen Hund hält, zahlt Hundesteuer." },
    fees: [{ label: { de: "Erster Hund" }, kind: "range", amount: 5500, max: 9900, currency: "EUR" }],
    trustLevel: "substantial",
  },
};

export const editorialEntries: Schemas["EditorialEntryList"] = {
  items: [
    {
      kind: "service",
      id: id(1),
      title: "Hund anmelden",
      state: "changed",
      languages: ["de", "en"],
      changedAt: "2026-11-23T09:30:00Z",
      changedBy: "Mina Merkblatt",
    },
    {
      kind: "service",
      id: id(2),
      title: "Fischereischein auf Lebenszeit beantragen und verlängern lassen",
      state: "released",
      languages: ["de"],
      source: "landkreis.jsonl",
      corrected: true,
      conflict: true,
    },
    { kind: "service", id: id(3), title: "", state: "new", languages: [] },
  ],
};

export const editorialTasks: Schemas["EditorialTaskList"] = {
  items: [
    { task: "review", kind: "service", id: id(1), title: "Hund anmelden", detail: "Mina Merkblatt" },
    { task: "conflict", kind: "service", id: id(2), title: "Fischereischein", detail: "landkreis.jsonl" },
    { task: "missingLanguage", kind: "organisation", id: id(20), title: "Steueramt", detail: "en" },
  ],
  counts: { review: 1, conflict: 1, missingLanguage: 1 },
};

export const editorialVersions: Schemas["EntryVersionList"] = {
  items: [
    {
      number: 2,
      action: "released",
      at: "2026-11-20T09:00:00Z",
      by: "Mats Marktplatz",
      reviewedFor: "Mina Merkblatt",
      note: "Gebühr ab Januar",
    },
    { number: 1, action: "imported", at: "2026-10-01T08:00:00Z" },
  ],
};

export const editorialVersion: Schemas["EntryVersion"] = {
  number: 2,
  action: "released",
  at: "2026-11-20T09:00:00Z",
  content: {
    ...editorialContent,
    teaser: { de: "Wer einen Hund hält, zahlt dafür Steuer." },
    fees: [],
  },
};

export const editingSettings: Schemas["EditingSettings"] = {
  fourEyes: true,
  languages: ["de", "en"],
  staleAfterDays: 365,
  warnDaysBefore: 60,
};

export const alternatives: Schemas["ServiceAlternatives"] = {
  title: "Hund anmelden",
  language: "de",
  state: "ended",
  since: "2026-06-30T22:00:00Z",
  owner: meppen,
  items: services.items.slice(0, 2),
};

/** What the editors of a portal say about its search. */
export const synonyms: Schemas["SearchSynonymList"] = {
  items: [
    {
      id: id(300),
      says: ["Maxi-Cosi", "Babyschale"],
      means: ["Babyausstattung"],
      etag: '"1"',
      changedAt: "2026-11-20T09:30:00Z",
      changedBy: "Mina Merkblatt",
    },
    {
      id: id(301),
      says: ["Knöllchen", "Ordnungswidrigkeitenverfahren im Straßenverkehr"],
      means: ["Verwarnung", "Bußgeldverfahren"],
      etag: '"4"',
      changedAt: "2026-11-21T09:30:00Z",
    },
  ],
  total: 2,
  builtIn: 1830,
};

export const synonymPreview: Schemas["SearchSynonymPreview"] = {
  items: [{ words: "Maxi-Cosi", before: [], after: [{ id: id(1), title: "Babyausstattung: Zuschuss" }] }],
};

export const missed: Schemas["MissedSearchList"] = {
  items: [
    {
      id: id(310),
      words: "grillhütte mieten",
      searches: 14,
      firstDay: "2026-10-02",
      lastDay: "2026-11-27",
      findsNow: 0,
    },
    {
      id: id(311),
      words: "hüpfburg",
      searches: 4,
      firstDay: "2026-11-02",
      lastDay: "2026-11-20",
      findsNow: 2,
    },
  ],
};

const hit = (number: number, title: string, score: number): Schemas["ExplainedHit"] => ({
  service: { id: id(number), title },
  portal: "Stadt Meppen",
  rank: number - 319,
  score,
  variant: "verlust Personalausweis",
  phrase: 0.93,
  title: 1,
  words: 0.98,
  found: 0.05,
  nearness: 1.01,
});

export const searchExplanation: Schemas["SearchExplanation"] = {
  recognisedPlace: { place, words: "perso verloren" },
  words: [
    { word: "perso", weight: 6.214, known: true, services: 3 },
    { word: "verloren", weight: 7.9, known: false, services: 0, parts: ["ver", "loren"] },
  ],
  variants: [
    { words: "perso verloren", factor: 1 },
    { words: "verlust Personalausweis", factor: 0.93 },
  ],
  items: [
    hit(320, "Personalausweis beantragen", 0.912),
    hit(321, "Verlust des Führerscheins anzeigen und Ersatz bekommen", 0.54),
  ],
  total: 12,
};

export const office = { id: id(21), name: "Ordnungsamt" };
export const providers: Schemas["IdentityProviderList"] = {
  items: [{ id: "bundid", name: "BundID", subjects: "person", levels: ["low", "substantial", "high"] }],
};

export const directories: Schemas["DirectoryList"] = {
  items: [{ id: "verzeichnis", name: "Verzeichnis der Stadt Meppen und ihrer Eigenbetriebe" }],
};

export const staff: Schemas["StaffList"] = {
  items: [
    {
      id: id(933),
      email: "",
      name: "Ubbo Unterwegs",
      roles: ["auditor"],
      unitRoles: [],
      directory: {
        id: "verzeichnis",
        name: "Verzeichnis der Stadt Meppen und ihrer Eigenbetriebe",
        roles: ["editor"],
        unitRoles: [{ role: "clerk", organisationId: office.id, organisationName: office.name }],
      },
      createdAt: "2026-11-02T08:00:00Z",
    },
    {
      id: id(931),
      email: "kim.klar@meppen.example",
      name: "Kim Klar",
      roles: [],
      unitRoles: [
        { role: "clerk", organisationId: office.id, organisationName: office.name },
        {
          role: "auditor",
          organisationId: id(22),
          organisationName: "Fachbereich Bürgerdienste, Sicherheit und Ordnung der Stadt Meppen",
        },
      ],
      createdAt: "2026-11-02T08:00:00Z",
    },
    {
      id: id(932),
      email: "lena.landrat@meppen.example",
      name: "Lena Landrat",
      roles: ["admin", "editor"],
      unitRoles: [],
      createdAt: "2026-10-01T08:00:00Z",
      endedAt: "2026-11-20T08:00:00Z",
    },
  ],
};
