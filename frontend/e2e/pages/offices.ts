import type { components } from "../../src/api/schema";
import { offers as found, portal } from "./fixtures";

type Schemas = components["schemas"];

/** Offices of the small invented association, and how it is decided who of them is competent. */

const id = (number: number) => `0197a3c2-7c3e-7d41-9a53-${String(number).padStart(12, "0")}`;

const [emsland, meppen, lathen] = portal.association.members as [
  Schemas["PortalReference"],
  Schemas["PortalReference"],
  Schemas["PortalReference"],
];
const [offer] = found.items as [Schemas["Offer"]];

const place: Schemas["PlaceReference"] = { ars: "034540035035", name: "Meppen, Stadt", level: "gemeinde" };
const county: Schemas["PlaceReference"] = { ars: "034540000000", name: "Emsland", level: "kreis" };
const land: Schemas["PlaceReference"] = { ars: "030000000000", name: "Niedersachsen", level: "land" };
const country: Schemas["PlaceReference"] = { ars: "000000000000", name: "Deutschland", level: "country" };

export const office: Schemas["Organisation"] = {
  ...offer.organisation,
  parent: { id: id(19), name: "Stadt Meppen" },
  portal: meppen,
  position: { lat: 52.6908, lon: 7.2891 },
  url: "https://meppen.example/steueramt",
  appointmentUrl: "https://termin.meppen.example/",
  open: { open: false, opensAt: "2026-11-30T08:00:00+01:00", holiday: "Erster Weihnachtstag" },
  specialHours: [
    { from: "2026-12-24", to: "2027-01-01", hours: [], note: "Zwischen den Jahren geschlossen." },
    {
      from: "2027-02-15",
      to: "2027-02-15",
      hours: [{ from: "08:00", to: "10:00" }],
      note: "Rosenmontag.",
    },
  ],
  units: [
    { id: id(24), name: "Kasse" },
    { id: id(25), name: "Vollstreckung" },
  ],
};

export const bareOffice: Schemas["Organisation"] = {
  id: id(20),
  name: "Fachbereich Sicherheit und Ordnung – Straßenverkehrsangelegenheiten",
  openingHours: [],
  portal: emsland,
};

export const officeServices: Schemas["OrganisationServiceList"] = {
  items: [
    { serviceId: id(1), title: "Hund anmelden", role: "authority", areas: [place], online: true },
    {
      serviceId: id(2),
      title: "Zweitwohnungsteuer: Erklärung abgeben",
      role: "contactPoint",
      areas: [place, county, land, country, place, place],
      online: false,
    },
  ],
};

const around = (name: string, lat: number, lon: number, distanceKm: number, population: number) => ({
  ars: String(34540000000 + population).padStart(12, "0"),
  name,
  position: { lat, lon },
  distanceKm,
  population,
});

export const places: Schemas["NearbyPlaceList"] = {
  items: [
    around("Meppen, Stadt", 52.6911, 7.2918, 0.2, 35313),
    around("Geeste", 52.6047, 7.2747, 9.6, 11354),
    around("Haren (Ems), Stadt", 52.793, 7.2413, 11.8, 23881),
    around("Haselünne, Stadt", 52.6725, 7.4847, 13.4, 12928),
    around("Twist", 52.6433, 7.1, 13.8, 9639),
    around("Klein Berßen", 52.7833, 7.4667, 15.7, 1031),
    around("Stavern", 52.7719, 7.4081, 12.1, 1043),
    around("Lathen", 52.8625, 7.3158, 19.2, 6265),
  ],
  attribution: "© Statistisches Bundesamt (dl-de/by-2-0), © OpenStreetMap contributors (ODbL)",
};

const listed = (number: number, name: string, owner: Schemas["PortalReference"], city: string) => ({
  id: id(number),
  name,
  parentName: owner.name,
  city,
  portal: owner,
});

export const offices: Schemas["OrganisationList"] = {
  letters: ["B", "F", "S", "Z"],
  items: [
    listed(70, "Bürgerbüro Lathen", lathen, "Lathen"),
    listed(71, "Bürgerbüro Meppen", meppen, "Meppen"),
    listed(72, "Fachbereich Sicherheit und Ordnung – Jagd und Waffen", emsland, "Meppen"),
    listed(73, "Steueramt", meppen, "Meppen"),
    listed(74, "Zulassungsstelle Papenburg (Außenstelle)", emsland, "Papenburg"),
  ],
  nextCursor: "more",
};

export const noOffices: Schemas["OrganisationList"] = { letters: [], items: [] };

export const offersAsked: Schemas["OfferList"] = {
  resolution: "choose",
  place,
  contactPoints: [{ ...offer, id: id(33), role: "contactPoint", channel: "counter" }],
  turnTo: [],
  items: [
    { ...offer, distinction: "Privatpersonen · Beispielmarkt 43 · Meppen", appliesTo: "Privatpersonen" },
    {
      ...offer,
      id: id(31),
      channel: "counter",
      appliesTo: "Unternehmen",
      distinction: "Unternehmen · Beispielring 8 · Meppen",
      organisation: { ...offer.organisation, id: id(21), name: "Wirtschaftsbüro" },
    },
  ],
  question: {
    about: "audience",
    options: [
      { value: "citizen", label: "Privatpersonen", offerIds: [id(30)] },
      { value: "business", label: "Unternehmen", offerIds: [id(31)] },
    ],
  },
};

export const offersNone: Schemas["OfferList"] = {
  resolution: "none",
  place,
  items: [],
  contactPoints: [],
  turnTo: [
    {
      kind: "administration",
      name: "Stadt Meppen",
      organisationId: id(19),
      phone: "030 23125 200",
      email: "info@meppen.example",
      area: place,
    },
    { kind: "hotline", name: "Behördennummer 115", phone: "115" },
  ],
};

const stated = (
  number: number,
  name: string,
  portalOf: Schemas["PortalReference"],
  verdict: Schemas["ExplainedCompetence"]["verdict"],
  more: Partial<Schemas["ExplainedCompetence"]> = {},
): Schemas["ExplainedCompetence"] => ({
  id: id(80 + number),
  role: "authority",
  serviceId: id(1),
  organisation: { id: id(20 + number), name },
  portal: portalOf,
  source: `${portalOf.kind}.jsonl`,
  verdict,
  ...more,
});

export const explanation: Schemas["OfferExplanation"] = {
  serviceId: id(1),
  serviceTitle: "Hund anmelden",
  place,
  day: "2026-11-29",
  resolution: "found",
  elsewhere: 12,
  levels: [
    {
      area: place,
      formerArs: ["034540999999"],
      competences: [
        stated(0, "Steueramt", meppen, "competent", { appliesTo: "Privatpersonen" }),
        stated(1, "Wirtschaftsbüro", meppen, "conditionNotMet", { appliesTo: "Unternehmen" }),
        stated(2, "Altes Steueramt", meppen, "noLongerValid", { validTo: "2025-12-31" }),
        stated(3, "Bürgertelefon", meppen, "contactPoint", { role: "contactPoint" }),
      ],
    },
    {
      area: county,
      competences: [
        stated(4, "Kreissteueramt", emsland, "lessSpecificArea", { copiedAt: "2026-11-24T17:05:00Z" }),
      ],
    },
    { area: land, competences: [] },
    { area: country, competences: [] },
  ],
};
