import type account from "./de/account.json";
import type administration from "./de/administration.json";
import type applications from "./de/applications.json";
import type builder from "./de/builder.json";
import type cases from "./de/cases.json";
import type catalog from "./de/catalog.json";
import type common from "./de/common.json";
import type editing from "./de/editing.json";
import type forms from "./de/forms.json";
import type mailbox from "./de/mailbox.json";
import type payments from "./de/payments.json";
import type offices from "./de/offices.json";
import type pages from "./de/pages.json";
import type powers from "./de/powers.json";
import type search from "./de/search.json";
import type signin from "./de/signin.json";
import type sources from "./de/sources.json";
import type treasury from "./de/treasury.json";

/** The words of all features, as the German files have them; the other languages have the same keys. */
interface Words {
  account: typeof account;
  administration: typeof administration;
  applications: typeof applications;
  builder: typeof builder;
  cases: typeof cases;
  catalog: typeof catalog;
  common: typeof common;
  editing: typeof editing;
  forms: typeof forms;
  mailbox: typeof mailbox;
  payments: typeof payments;
  offices: typeof offices;
  pages: typeof pages;
  powers: typeof powers;
  search: typeof search;
  signin: typeof signin;
  sources: typeof sources;
  treasury: typeof treasury;
}

/** A feature with words of its own: a file in each language. */
export type Feature = keyof Words;

/** The forms of a counted text; the key that code uses leaves them out. */
type WithoutCount<Key extends string> = Key extends `${infer Base}_${"zero" | "one" | "other"}` ? Base : Key;

type Paths<T> = {
  [K in keyof T & string]: T[K] extends string ? WithoutCount<K> : `${K}.${Paths<T[K]>}`;
}[keyof T & string];

/** `catalog:next.title`; the words that every page needs (`common`) go without the feature. */
export type WordKey = Paths<Words["common"]> | { [F in Feature]: `${F}:${Paths<Words[F]>}` }[Feature];

/** What is put into the places `{{name}}` of a text; `count` chooses its singular or plural. */
export type WordValues = Record<string, string | number | undefined>;

/** Says something in the language of the page. */
export type Say = (key: WordKey, values?: WordValues) => string;
