import { defined } from "../../lib/defined";
import { caseStates, type CaseFilter } from "./api";

/** What the inbox is narrowed by, as its address says it. */
export interface InboxSearch {
  stand?: string;
  q?: string;
  offen?: "ja";
  /** `mir`, `niemandem`, or a colleague's id. */
  bei?: string;
  leistung?: string;
  faellig?: "vorbei";
  zustimmung?: "ja";
  folge?: "alt" | "faellig";
}

const orders = { alt: "oldest", faellig: "due" } as const;
const persons: Record<string, string> = { mir: "me", niemandem: "nobody" };

export function toFilter(search: InboxSearch): CaseFilter {
  return defined({
    state: caseStates.find((state) => state === search.stand),
    q: search.q,
    open: search.offen && true,
    assignee: search.bei && (persons[search.bei] ?? search.bei),
    service: search.leistung,
    overdue: search.faellig && true,
    agreement: search.zustimmung && true,
    sort: search.folge && orders[search.folge],
  });
}

export function toSearch(filter: CaseFilter): InboxSearch {
  const person = Object.keys(persons).find((word) => persons[word] === filter.assignee);
  return defined({
    stand: filter.state,
    q: filter.q,
    offen: filter.open === true ? ("ja" as const) : undefined,
    bei: person ?? filter.assignee,
    leistung: filter.service,
    faellig: filter.overdue === true ? ("vorbei" as const) : undefined,
    zustimmung: filter.agreement === true ? ("ja" as const) : undefined,
    folge: (["alt", "faellig"] as const).find((word) => orders[word] === filter.sort),
  });
}
