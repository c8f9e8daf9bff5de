import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode } from "react";
import { useWords } from "../../../i18n";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { servicesQuery, type ServiceSearch } from "../api";
import { ServiceItem } from "./ServiceItem";

/** The services that a search finds, part by part; how many there are is announced. `empty` shows when there are none. */
export function ServiceList({ search, empty }: { search: ServiceSearch; empty: ReactNode }) {
  const t = useWords();
  const services = useInfiniteQuery(servicesQuery(search));
  const items = services.data?.pages.flatMap((page) => page.items) ?? [];
  const list = useRef<HTMLUListElement>(null);
  const goOnAt = useRef<number>(undefined);
  useEffect(() => {
    const from = goOnAt.current;
    if (from === undefined || items.length <= from) return;
    goOnAt.current = undefined;
    list.current?.children[from]?.querySelector("a")?.focus();
  }, [items.length]);
  return (
    <div className="pv-stack" aria-busy={services.isFetching}>
      <p role="status" className="pv-strong">
        {services.isSuccess && t("catalog:results.count", { count: services.data.pages[0]?.total ?? 0 })}
      </p>
      {services.isPending && <Loading />}
      {services.isError && <ErrorState error={services.error} onRetry={() => void services.refetch()} />}
      {services.isSuccess && items.length === 0 && empty}
      {items.length > 0 && (
        <ul className="pv-list" ref={list} aria-label={t("catalog:results.list")}>
          {items.map((service) => (
            <ServiceItem key={service.id} service={service} ars={search.ars} />
          ))}
        </ul>
      )}
      {services.hasNextPage && (
        <div>
          <LoadMore
            busy={services.isFetchingNextPage}
            onClick={() => {
              goOnAt.current = items.length; // the keyboard goes on with the first that is new
              void services.fetchNextPage();
            }}
          />
        </div>
      )}
    </div>
  );
}
