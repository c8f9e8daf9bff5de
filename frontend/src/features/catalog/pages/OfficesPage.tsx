import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useWords } from "../../../i18n";
import { defined } from "../../../lib/defined";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button, LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { TextField } from "../../../ui/fields/TextField";
import { useTyped } from "../../../ui/useTyped";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { placeQuery } from "../api";
import { officesQuery, type OfficeSummary } from "../offices";
import { PlacePicker } from "../parts/PlacePicker";
import { usePlace } from "../place";

const route = getRouteApi("/citizen/stellen");

/** Offices of all portals from A to Z, by words and for a place. */
export default function OfficesPage() {
  const t = useWords();
  const search = route.useSearch();
  const { q, ars, buchstabe } = search;
  const offices = useInfiniteQuery(officesQuery({ q, ars, letter: buchstabe }));
  const items = offices.data?.pages.flatMap((page) => page.items) ?? [];
  const letters = offices.data?.pages[0]?.letters ?? [];
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          { id: "this", link: t("offices:list.title") },
        ]}
      />
      <div className="pv-search">
        <PageHeading title={t("offices:list.title")} />
        <OfficeSearch searched={q ?? ""} />
        <PlaceFilter ars={ars} />
      </div>
      {offices.isPending && <Loading />}
      {offices.isError && <ErrorState error={offices.error} onRetry={() => void offices.refetch()} />}
      {(letters.length > 1 || buchstabe !== undefined) && <Letters letters={letters} current={buchstabe} />}
      <div className="pv-stack" aria-busy={offices.isFetching}>
        <p role="status" className="pv-strong">
          {offices.isSuccess &&
            (offices.hasNextPage
              ? t("offices:list.first", { count: items.length })
              : t("offices:list.count", { count: items.length }))}
        </p>
        {offices.isSuccess && items.length === 0 && (
          <EmptyState title={t("offices:list.noneTitle")}>
            <p>{t("offices:list.noneText")}</p>
            <div>
              <LinkButton to="/stellen" variant="secondary">
                {t("offices:list.all")}
              </LinkButton>
            </div>
          </EmptyState>
        )}
        <Offices
          items={items}
          more={offices.hasNextPage}
          busy={offices.isFetchingNextPage}
          onMore={() => void offices.fetchNextPage()}
        />
      </div>
    </Page>
  );
}

function OfficeSearch({ searched }: { searched: string }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const [words, setWords] = useTyped(searched);
  return (
    <form
      role="search"
      className="pv-search__box"
      onSubmit={(event) => {
        event.preventDefault();
        const q = words.trim() || undefined;
        void navigate({ search: ({ ars }) => defined({ q, ars }), resetScroll: false });
      }}
    >
      <TextField
        id="office-words"
        label={t("offices:list.search")}
        hint={t("offices:list.hint")}
        value={words}
        onChange={setWords}
        input={{ type: "search", autoComplete: "off" }}
      />
      <Button type="submit" icon="search">
        {t("catalog:search.submit")}
      </Button>
    </form>
  );
}

/** For which place offices are listed: for all, or for one. */
function PlaceFilter({ ars }: { ars: string | undefined }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const remembered = usePlace();
  const named = useQuery(placeQuery(ars));
  const [open, setOpen] = useState(false);
  const line = useRef<HTMLParagraphElement>(null);
  const forPlace = (chosen: string | undefined) => {
    setOpen(false);
    void navigate({ search: ({ q }) => defined({ q, ars: chosen }), resetScroll: false });
    line.current?.focus();
  };
  return (
    <>
      <p className="pv-place" ref={line} tabIndex={-1}>
        <span>
          {ars === undefined
            ? t("offices:list.everywhere")
            : t("offices:list.forPlace", { name: named.data?.name ?? "…" })}
        </span>
        {ars !== undefined && (
          <button type="button" className="pv-tool" onClick={() => forPlace(undefined)}>
            {t("offices:list.allPlaces")}
          </button>
        )}
        {ars === undefined && remembered && (
          <button type="button" className="pv-tool" onClick={() => forPlace(remembered.ars)}>
            {t("offices:list.onlyFor", { name: remembered.name })}
          </button>
        )}
        {!open && (
          <button type="button" className="pv-tool" onClick={() => setOpen(true)}>
            {ars === undefined ? t("offices:list.narrow") : t("catalog:place.change")}
          </button>
        )}
      </p>
      {open && <PlacePicker onChosen={forPlace} />}
    </>
  );
}

const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0-9"];

function Letters({ letters, current }: { letters: string[]; current: string | undefined }) {
  const t = useWords();
  return (
    <nav aria-label={t("catalog:register.letters")}>
      <ul className="pv-letters pv-letters--small">
        <li>
          <Link
            to="/stellen"
            search={(before) => defined({ ...before, buchstabe: undefined })}
            activeOptions={{ exact: true }}
            aria-current={current === undefined ? "true" : undefined}
          >
            {t("offices:list.allLetters")}
          </Link>
        </li>
        {alphabet.map((letter) => (
          <li key={letter}>
            {letters.includes(letter) ? (
              <Link
                to="/stellen"
                search={(before) => ({ ...before, buchstabe: letter })}
                activeOptions={{ exact: true }}
                aria-current={letter === current ? "true" : undefined}
              >
                {letter}
              </Link>
            ) : (
              <span className="pv-letters__none">{letter}</span>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Offices({
  items,
  more,
  busy,
  onMore,
}: {
  items: OfficeSummary[];
  more: boolean;
  busy: boolean;
  onMore: () => void;
}) {
  const t = useWords();
  const list = useRef<HTMLUListElement>(null);
  const goOnAt = useRef<number>(undefined);
  useEffect(() => {
    const from = goOnAt.current;
    if (from === undefined || items.length <= from) return;
    goOnAt.current = undefined;
    list.current?.children[from]?.querySelector("a")?.focus();
  }, [items.length]);
  if (items.length === 0) return null;
  return (
    <>
      <ul className="pv-list" ref={list} aria-label={t("offices:list.title")}>
        {items.map((office) => (
          <li key={office.id}>
            <Link to="/stellen/$organisationId" params={{ organisationId: office.id }} className="pv-strong">
              {office.name}
            </Link>
            <p className="pv-small">
              {[...new Set([office.parentName ?? office.portal.name, office.city])]
                .filter((part) => part !== undefined)
                .join(" · ")}
            </p>
          </li>
        ))}
      </ul>
      {more && (
        <div>
          <LoadMore
            busy={busy}
            onClick={() => {
              goOnAt.current = items.length; // the keyboard goes on with the first that is new
              onMore();
            }}
          />
        </div>
      )}
    </>
  );
}
