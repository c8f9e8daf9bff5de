import type { Page } from "@playwright/test";
import type { PortalName } from "./association";
import { dayFromToday, pdf, pixel } from "./forms";
import { handIn, pick, press, takeFromList, typeAndTake, typeDate, typeInto } from "./keyboard";
import { address, type Citizen } from "./people";

/** Answers one question of a form by the keyboard. */
type Answer = (page: Page, citizen: Citizen) => Promise<void>;

/** A step of a form: its heading, and the answers in the order of its questions. */
interface Step {
  title: string;
  answers: Answer[];
  /** Whether it is looked at in both sizes. */
  looked?: boolean;
}

/** A service of the demonstration, as somebody in Meppen asks for it. */
export interface Service {
  title: string;
  /** As somebody types it, with a mistake. */
  words: string;
  /** Words that its page shows when it knows the place. */
  office: string;
  steps: Step[];
  /** As the last page before submitting shows it. */
  fee?: string;
  /** The fee is paid online before the decision: its purpose. */
  paid?: string;
  /** Needs the trust level substantial. */
  proof?: boolean;
  /** Whose clerks decide; else the provider does. */
  decidedAt?: PortalName;
  /** Whether no other journey looks at the service's page. */
  looked?: boolean;
}

const text =
  (label: string, value: string): Answer =>
  (page) =>
    typeInto(page, page.getByLabel(label, { exact: true }), value);
const one =
  (question: string | RegExp, answer: string): Answer =>
  (page) =>
    pick(page, question, answer);
const entry =
  (label: string, value: string): Answer =>
  (page) =>
    takeFromList(page, page.getByLabel(label, { exact: true }), value);
const day =
  (question: string | RegExp, parts: string[]): Answer =>
  (page) =>
    typeDate(page, question, parts);
const tick =
  (label: RegExp): Answer =>
  (page) =>
    press(page, page.getByLabel(label), "Space");
const file =
  (label: string, handed: ReturnType<typeof pdf>): Answer =>
  (page) =>
    handIn(page, page.getByLabel(label).and(page.locator("input[type=file]")), handed);
const correct = tick(/richtig und vollständig/);

/** The postal code is typed, and the town that goes with it taken. */
const town: Answer = async (page) => {
  const suggested = page.getByRole("group", { name: "Vorschläge zur Adresse" });
  await press(page, suggested.getByRole("button", { name: address.city }));
};
const name: Answer[] = [
  (page, { givenName }) => typeInto(page, page.getByLabel("Vorname", { exact: true }), givenName),
  (page, { familyName }) => typeInto(page, page.getByLabel("Nachname", { exact: true }), familyName),
];
const home: Answer[] = [
  text("Straße", address.street),
  text("Hausnummer", address.houseNumber),
  text("Postleitzahl", address.postalCode),
];
const city = text("Ort", address.city);
const email: Answer = (page, citizen) =>
  typeInto(page, page.getByLabel("E-Mail-Adresse", { exact: true }), citizen.email);
const born = day("Geburtsdatum", ["15", "1", "1990"]);
const person = [...name, ...home, city, email];

/** What is taken care of on a phone. */
export const onPhone: Service[] = [
  {
    title: "Bewohnerparkausweis",
    words: "bewonerparkausweis",
    office: "Stadt Meppen",
    looked: true,
    steps: [
      { title: "Ihre Angaben zur Person", answers: [...name, ...home, town, email] },
      {
        title: "Ihr Fahrzeug",
        answers: [
          text("Kennzeichen", "EL SI 36"),
          one("Auf wen ist das Fahrzeug zugelassen?", "Auf mich"),
          file("Zulassungsbescheinigung Teil I", pdf("Schein.pdf")),
        ],
        looked: true,
      },
      {
        title: "Der Ausweis",
        answers: [
          one("In welchem Gebiet wohnen Sie?", "B: Bahnhof"),
          one("Was beantragen Sie?", "Neuen Ausweis"),
          one("Wie lange soll er gelten?", "Zwei Jahre (58,00 Euro)"),
          day("Ab wann?", dayFromToday(14)),
          tick(/keinen eigenen Stellplatz/),
          correct,
        ],
      },
    ],
    fee: "58,00 €",
    paid: "Gebühr für den Bewohnerparkausweis",
    decidedAt: "meppen",
  },
  {
    title: "Meldebescheinigung",
    words: "meldebescheinigng",
    office: "Stadt Meppen",
    looked: true,
    steps: [
      { title: "Ihre Angaben zur Person", answers: [...name, born, ...home, city, email] },
      {
        title: "Die Bescheinigung",
        answers: [
          one("Welche Bescheinigung brauchen Sie?", "Erweitert: mit weiteren Angaben"),
          tick(/^Familienstand/),
          entry("Wofür brauchen Sie sie?", "Für eine Eheschließung"),
          text("Wie viele Ausfertigungen?", "2"),
        ],
        looked: true,
      },
      {
        title: "Zustellung",
        answers: [
          one("Wie möchten Sie die Bescheinigung bekommen?", "Per Post an meine gemeldete Anschrift"),
          correct,
        ],
      },
    ],
    fee: "24,00 €",
    proof: true,
    decidedAt: "meppen",
  },
  {
    title: "Geburtsurkunde anfordern",
    words: "geburtsurkude",
    office: "Stadt Meppen",
    looked: true,
    steps: [
      {
        title: "Ihre Angaben zur Person",
        answers: [
          ...name,
          born,
          (page) =>
            typeAndTake(
              page,
              page.getByRole("combobox", { name: "Land, in dem Sie wohnen" }),
              "deutschl",
              page.getByRole("option", { name: "Deutschland" }),
            ),
          ...home,
          city,
          email,
        ],
        looked: true,
      },
      {
        title: "Um wen geht es?",
        answers: [
          one("Für wen brauchen Sie die Urkunde?", "Für mein Kind oder Enkelkind"),
          text("Vornamen der Person", "Mila"),
          text("Familienname bei der Geburt", "Muster"),
          day("Tag der Geburt", ["3", "4", "2021"]),
        ],
      },
      {
        title: "Welche Urkunden?",
        answers: [
          entry("Wofür brauchen Sie sie?", "Für etwas anderes"),
          entry("Art der Urkunde", "Internationale Geburtsurkunde"),
          text("Wie viele?", "3"),
        ],
      },
      {
        title: "Zustellung und Bestätigung",
        answers: [one("Wie möchten Sie die Urkunden bekommen?", "Ich hole sie ab"), correct],
      },
    ],
    fee: "30,00 €",
    proof: true,
    decidedAt: "meppen",
  },
  {
    title: "Sperrmüll abholen lassen",
    words: "sperrmul",
    office: "Entsorgung Emsland (Beispiel)",
    steps: [
      { title: "Ihre Angaben zur Person", answers: person },
      {
        title: "Was soll abgeholt werden?",
        answers: [entry("Art", "Matratze"), text("Anzahl", "2"), file("Fotos", pixel("Matratze.png"))],
        looked: true,
      },
      {
        title: "Ort und Termin",
        answers: [
          one("Wo soll abgeholt werden?", "An meiner Adresse"),
          one("Wo stellen Sie die Gegenstände bereit?", "Am Straßenrand vor dem Haus"),
          day("Wunschtermin", dayFromToday(30)),
          one(/Expressabholung/, "Nein"),
        ],
      },
      { title: "Bestätigung", answers: [tick(/privaten Haushalt/), tick(/Ich stelle die Gegenstände/)] },
    ],
  },
];

/** What is taken care of at a desk. */
export const atDesk: Service[] = [
  {
    title: "Hund anmelden (Hundesteuer)",
    words: "hund anmeldn",
    office: "Stadtkasse und Steuern Meppen",
    steps: [
      { title: "Halterin oder Halter", answers: person },
      {
        title: "Ihr Hund",
        answers: [
          text("Rufname", "Anton"),
          text("Rasse", "Labrador"),
          one("Geschlecht", "Rüde"),
          day(/Geburtsdatum des Hundes/, ["10", "2", "2025"]),
          one("Ist der Hund älter als sechs Monate?", "Ja"),
          text("Chipnummer", "276098100123456"),
          day(/Seit wann halten Sie den Hund/, ["1", "11", "2026"]),
          one("Woher kommt der Hund?", "Von privat"),
          text("Wie viele weitere Hunde leben im Haushalt?", "0"),
        ],
      },
      {
        title: "Befreiung und Bestätigung",
        answers: [
          one("Beantragen Sie eine Befreiung oder Ermäßigung?", "Nein"),
          tick(/Haftpflichtversicherung/),
          correct,
        ],
      },
    ],
    fee: "66,00 €",
    decidedAt: "meppen",
  },
  {
    title: "Gewerbe anmelden",
    words: "gewerbe anmeldn",
    office: "Stadt Meppen",
    looked: true,
    steps: [
      {
        title: "Wer meldet das Gewerbe an?",
        answers: [
          ...name,
          born,
          ...home,
          city,
          email,
          text("Geburtsort", "Lingen"),
          text("Staatsangehörigkeit", "deutsch"),
        ],
        looked: true,
      },
      {
        title: "Das Unternehmen",
        answers: [
          entry("Rechtsform", "GmbH"),
          text("Eingetragener Name", "Musterbau GmbH"),
          text("Registergericht", "Amtsgericht Osnabrück"),
          text("Nummer im Handelsregister", "HRB 4711"),
        ],
      },
      {
        title: "Die Tätigkeit",
        answers: [
          text("Was genau machen Sie?", "Wir bauen Möbel."),
          day("Beginn der Tätigkeit", dayFromToday(10)),
          one("Anlass", "Neugründung"),
          one("Umfang", "Haupterwerb"),
          text("Beschäftigte in Vollzeit (ohne Sie)", "2"),
          text("Beschäftigte in Teilzeit", "1"),
        ],
      },
      {
        title: "Die Betriebsstätte",
        answers: [
          one("Wo ist der Betrieb?", "An meiner Wohnanschrift"),
          file("Erlaubnis, Handwerkskarte oder Registerauszug", pdf("Registerauszug.pdf")),
          correct,
        ],
      },
    ],
    fee: "35,00 €",
    decidedAt: "meppen",
  },
  {
    title: "Straßenfest und Sondernutzung öffentlicher Flächen",
    words: "strassenfst",
    office: "Stadt Meppen",
    looked: true,
    steps: [
      { title: "Verantwortliche Person", answers: person },
      {
        title: "Was und wann?",
        answers: [
          entry("Wofür brauchen Sie die Fläche?", "Markt oder Flohmarkt"),
          text("Bezeichnung", "Flohmarkt am Kanal"),
          day("Erster Tag", dayFromToday(60)),
          text("Beginn (Uhrzeit)", "10:00"),
          day("Letzter Tag", dayFromToday(61)),
          text("Ende (Uhrzeit)", "18:00"),
          text("Wie viele Personen erwarten Sie höchstens?", "150"),
          tick(/^Musik/),
        ],
        looked: true,
      },
      {
        title: "Wo?",
        answers: [
          text("Straße oder Platz", "Beispielufer"),
          text("Abschnitt", "zwischen Brücke und Schleuse"),
          text("Größe der Fläche in Quadratmetern", "200"),
          one("Muss die Straße gesperrt werden?", "Nein"),
          file("Lageplan", pdf("Lageplan.pdf")),
        ],
      },
      {
        title: "Bestätigung",
        answers: [tick(/Rettungswege/), tick(/reinige die Fläche/), correct],
      },
    ],
    fee: "115,00 €",
    decidedAt: "meppen",
  },
  {
    title: "Fahrzeug abmelden (Außerbetriebsetzung)",
    words: "auto abmeldn",
    office: "Zulassungsstelle Meppen",
    looked: true,
    steps: [
      { title: "Halterin oder Halter des Fahrzeugs", answers: person },
      {
        title: "Fahrzeug",
        answers: [
          text("Kennzeichen", "EL AB 123"),
          text("Letzte acht Stellen der Fahrzeug-Identifizierungsnummer", "8W012345"),
          text("Sicherheitscode der Zulassungsbescheinigung Teil I", "7k3R9b2"),
          text("Sicherheitscode des hinteren Kennzeichens", "4aX"),
        ],
      },
      {
        title: "Was geschieht mit dem Fahrzeug?",
        answers: [
          one("Grund der Abmeldung", "Ich habe es verkauft"),
          one(/Kennzeichen für zwölf Monate reservieren/, "Ja"),
        ],
        looked: true,
      },
      {
        title: "Bestätigung",
        answers: [tick(/auf mich zugelassen/), tick(/nicht mehr auf öffentlichen Straßen/), correct],
      },
    ],
    fee: "19,40 €",
    decidedAt: "landkreis",
  },
];
