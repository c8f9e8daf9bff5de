import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import type { WordKey } from "../../../i18n/words";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { everythingQuery, type Everything } from "../api";
import type { ResultSearch } from "./Filters";
import { BesideServices, FormLink, ForService, officeDetail, OfficeLink, SituationLink } from "./Found";
import { ServiceItem } from "./ServiceItem";

type Result = Schemas["SearchResult"];

const counts = {
  service: "catalog:results.count",
  office: "catalog:found.officeCount",
  situation: "catalog:found.situationCount",
  form: "catalog:found.formCount",
} as const satisfies Record<string, WordKey>;

/** The section of an answer that a search asked for. */
export const sectionOf = (result: Result, kind: Everything["kind"]) =>
  ({ service: result.services, office: result.offices, situation: result.situations, form: result.forms })[
    kind ?? "service"
  ];

/** What a search finds, part by part; how much there is is announced. `empty` shows when there is nothing at all. */
export function ResultList({
  wanted,
  search,
  place,
  empty,
}: {
  wanted: Everything;
  search: ResultSearch;
  place: string | undefined;
  empty: (result: Result) => ReactNode;
}) {
  const t = useWords();
  const found = useInfiniteQuery(everythingQuery(wanted));
  const pages = found.data?.pages ?? [];
  const head = pages[0];
  const shown = pages.reduce((sum, page) => sum + sectionOf(page, wanted.kind).items.length, 0);
  const list = useRef<HTMLUListElement>(null);
  const goOnAt = useRef<number>(undefined);
  useEffect(() => {
    const from = goOnAt.current;
    if (from === undefined || shown <= from) return;
    goOnAt.current = undefined;
    list.current?.children[from]?.querySelector("a")?.focus();
  }, [shown]);
  const total = head && sectionOf(head, wanted.kind).total;
  const nothing =
    head && head.services.total + head.offices.total + head.situations.total + head.forms.total === 0;
  return (
    <div className="pv-stack" aria-busy={found.isFetching}>
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {head && wanted.kind === undefined && <BesideServices found={head} search={search} />}
      <p role="status" className="pv-strong">
        {total !== undefined && t(counts[wanted.kind ?? "service"], { count: total })}
      </p>
      {head && (nothing || (shown === 0 && wanted.kind !== undefined)) && empty(head)}
      {shown > 0 && (
        <ul className="pv-list" ref={list} aria-label={t(listNames[wanted.kind ?? "service"])}>
          {pages.flatMap((page) => itemsOf(page, wanted, place))}
        </ul>
      )}
      {found.hasNextPage && (
        <div>
          <LoadMore
            busy={found.isFetchingNextPage}
            onClick={() => {
              goOnAt.current = shown; // the keyboard goes on with the first that is new
              void found.fetchNextPage();
            }}
          />
        </div>
      )}
    </div>
  );
}

const listNames = {
  service: "catalog:results.list",
  office: "catalog:found.offices",
  situation: "catalog:found.situations",
  form: "catalog:found.forms",
} as const satisfies Record<string, WordKey>;

function itemsOf(page: Result, { kind, ars }: Everything, place: string | undefined): ReactNode[] {
  switch (kind) {
    case "office":
      return page.offices.items.map((office) => (
        <Item key={office.id} title={<OfficeLink office={office} />} detail={officeDetail(office)} />
      ));
    case "situation":
      return page.situations.items.map((situation) => (
        <Item
          key={situation.id}
          title={<SituationLink situation={situation} ars={ars} />}
          detail={situation.description}
        />
      ));
    case "form":
      return page.forms.items.map((form) => (
        <Item
          key={`${form.serviceId ?? ""} ${form.url ?? form.title}`}
          title={<FormLink form={form} />}
          detail={<ForService form={form} />}
        />
      ));
    case "service":
    case undefined:
      return page.services.items.map((service) => (
        <ServiceItem
          key={service.id}
          service={service}
          ars={page.recognisedPlace?.place.ars ?? ars}
          place={place}
        />
      ));
  }
}

function Item({ title, detail }: { title: ReactNode; detail: ReactNode }) {
  return (
    <li className="pv-result">
      <h2 className="pv-result__title">{title}</h2>
      <p className="pv-small pv-muted">{detail}</p>
    </li>
  );
}
