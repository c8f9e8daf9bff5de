import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useWords } from "../../../i18n";
import { classes } from "../../../lib/classes";
import { Icon } from "../../../ui/Icon";

/** What an address of results may say. */
export interface ResultSearch {
  q?: string;
  ars?: string;
  kategorie?: string;
  fuer?: "privat" | "unternehmen";
  online?: "ja";
  /** Only one section of the results. */
  art?: "leistung" | "stelle" | "lebenslage" | "formular";
  /** Search for what was typed, even where it finds nothing. */
  genau?: "ja";
}

/** A group of which one option may be chosen. */
export interface FilterGroup {
  /** The name of the group in the address. */
  name: Exclude<keyof ResultSearch, "q" | "ars" | "genau">;
  title: string;
  options: FilterOption[];
}

export interface FilterOption {
  value: string;
  label: string;
  /** How many services it leaves; missing where that is not known. */
  count?: number | undefined;
}

const without = (search: ResultSearch, name: FilterGroup["name"]): ResultSearch => {
  const { [name]: _, ...rest } = search;
  return rest;
};

const chosenIn = ({ name, options }: FilterGroup, search: ResultSearch) =>
  options.find(({ value }) => value === search[name]);

/** Ways to narrow the results down: a column where there is room, on phones behind a button. Each choice is an address. */
export function Filters({ groups, search }: { groups: FilterGroup[]; search: ResultSearch }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const active = groups.filter((group) => chosenIn(group, search)).length;
  return (
    <div className="pv-no-print">
      <button
        type="button"
        className="kern-btn kern-btn--secondary pv-filter__toggle"
        aria-expanded={open}
        aria-controls="filters"
        onClick={() => setOpen(!open)}
      >
        <span className="kern-label">{t("catalog:filter.toggle", { count: active })}</span>
      </button>
      <nav
        id="filters"
        aria-label={t("catalog:filter.title")}
        className={classes("pv-filter", !open && "pv-filter--closed")}
      >
        {groups.map((group) => (
          <Group key={group.name} group={group} search={search} />
        ))}
      </nav>
    </div>
  );
}

function Group({ group, search }: { group: FilterGroup; search: ResultSearch }) {
  const id = `filter-${group.name}`;
  const current = search[group.name];
  return (
    <div role="group" aria-labelledby={id}>
      <h2 id={id}>{group.title}</h2>
      <ul>
        {group.options.map(({ value, label, count }) => (
          <li key={value}>
            <FilterLink
              search={
                value === current
                  ? without(search, group.name)
                  : ({ ...search, [group.name]: value } as ResultSearch)
              }
              current={value === current}
            >
              {label}
              {count !== undefined && <span className="pv-muted"> ({count})</span>}
            </FilterLink>
          </li>
        ))}
      </ul>
    </div>
  );
}

function FilterLink({
  search,
  current,
  children,
}: {
  search: ResultSearch;
  current: boolean;
  children: ReactNode;
}) {
  return (
    <Link to="/suche" search={search} resetScroll={false} aria-current={current ? "true" : undefined}>
      <span className="pv-filter__mark" aria-hidden />
      <span>{children}</span>
    </Link>
  );
}

/** The filters that are set, each with a way to take it off. */
export function ActiveFilters({ groups, search }: { groups: FilterGroup[]; search: ResultSearch }) {
  const t = useWords();
  const set = groups.flatMap((group) => {
    const option = chosenIn(group, search);
    return option ? [{ name: group.name, label: option.label }] : [];
  });
  if (set.length === 0) return null;
  return (
    <ul className="pv-chips pv-no-print" aria-label={t("catalog:filter.active")}>
      {set.map(({ name, label }) => (
        <li key={name}>
          <Link
            to="/suche"
            search={without(search, name)}
            resetScroll={false}
            className="pv-chip pv-chip--set"
            aria-label={t("catalog:filter.remove", { label })}
          >
            {label}
            <Icon name="close" size="small" />
          </Link>
        </li>
      ))}
      {set.length > 1 && (
        <li>
          <Link
            to="/suche"
            search={set.reduce((rest, { name }) => without(rest, name), search)}
            resetScroll={false}
            className="pv-tool"
          >
            {t("catalog:filter.removeAll")}
          </Link>
        </li>
      )}
    </ul>
  );
}
