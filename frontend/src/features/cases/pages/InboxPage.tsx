import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useLive } from "../../../api/live";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, formatDateTime } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { StateBadge } from "../../../ui/StateBadge";
import { Select } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { useTyped } from "../../../ui/useTyped";
import { casesQuery, caseStates, colleaguesQuery, isOpen, mostCounted, type CaseSummary } from "../api";
import { toFilter, type InboxSearch } from "../filter";
import { DeskNav } from "../parts/DeskNav";
import { Keys } from "../parts/Keys";
import { StandsInFor } from "../parts/StandsInFor";
import { Views } from "../parts/Views";
import { useShortcut } from "../shortcuts";
import { beginWalk } from "../walk";

const route = getRouteApi("/desk/staff/mitarbeit");

/** The cases of this portal's authorities; new ones appear by themselves. */
export default function InboxPage() {
  const t = useWords();
  const search = route.useSearch();
  const { q, leistung } = search;
  const queryClient = useQueryClient();
  const cases = useInfiniteQuery(casesQuery(toFilter(search)));
  useLive("/api/v1/cases/events", () => void queryClient.invalidateQueries({ queryKey: ["cases"] }));
  const shown = cases.isPlaceholderData ? undefined : cases.data?.pages;
  useEffect(() => {
    if (shown !== undefined) beginWalk(search, shown);
  }, [search, shown]);
  const navigate = route.useNavigate();
  const items = cases.data?.pages.flatMap((page) => page.items) ?? [];
  const first = items[0]?.id;
  useShortcut(
    "next",
    first === undefined
      ? undefined
      : () => void navigate({ to: "/mitarbeit/vorgaenge/$caseId", params: { caseId: first } }),
  );
  const counts = cases.data?.pages[0]?.counts;
  const { stand: _, ...anyState } = search;
  const counted = (count: number) => {
    const figure = new Intl.NumberFormat(currentLanguage()).format(count);
    return count < mostCounted ? figure : t("cases:inbox.more", { count: figure });
  };
  return (
    <Page>
      <div className="pv-row pv-row--between">
        <PageHeading title={t("cases:inbox.title")} />
        <Keys />
      </div>
      <DeskNav />
      <StandsInFor />
      <div className="pv-stack pv-stack--medium">
        <Views search={search} />
        <SearchForm searched={q ?? ""} />
        <Narrowing search={search} />
        {leistung !== undefined && (
          <p>
            {t("cases:inbox.ofService")}
            {items[0] !== undefined && `: ${items[0].serviceTitle}`}.{" "}
            <Link to="/mitarbeit" search={({ leistung: __, ...rest }) => rest}>
              {t("cases:inbox.allServices")}
            </Link>
          </p>
        )}
        <nav aria-label={t("cases:inbox.filter")}>
          <ul className="pv-filters">
            <li>
              <Link to="/mitarbeit" search={anyState} activeOptions={{ exact: true }}>
                {t("cases:inbox.all")}
              </Link>
            </li>
            {caseStates.map((candidate) => (
              <li key={candidate}>
                <Link
                  to="/mitarbeit"
                  search={{ ...anyState, stand: candidate }}
                  activeOptions={{ exact: true }}
                >
                  {t(`cases:state.${candidate}`)}
                  {counts?.[candidate] !== undefined && <span>({counted(counts[candidate])})</span>}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        {items.length > 0 && counts === undefined && <p>{t("cases:inbox.uncounted")}</p>}
      </div>
      <div className="pv-stack" aria-busy={cases.isFetching}>
        {cases.isPending && <Loading />}
        {cases.isError && <ErrorState error={cases.error} onRetry={() => void cases.refetch()} />}
        {cases.isSuccess && items.length === 0 && <EmptyState title={t("cases:inbox.empty")} />}
        {items.length > 0 && (
          <ul className="pv-list">
            {items.map((item) => (
              <CaseItem key={item.id} item={item} />
            ))}
          </ul>
        )}
        {cases.hasNextPage && (
          <div>
            <LoadMore busy={cases.isFetchingNextPage} onClick={() => void cases.fetchNextPage()} />
          </div>
        )}
      </div>
    </Page>
  );
}

const searchField = "case-search";

function SearchForm({ searched }: { searched: string }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const [text, setText] = useTyped(searched);
  const keys = useShortcut("search", () => document.getElementById(searchField)?.focus());
  return (
    <form
      role="search"
      className="pv-search__box pv-inbox-search"
      onSubmit={(event) => {
        event.preventDefault();
        const q = text.trim();
        void navigate({ search: (before) => defined({ ...before, q: q === "" ? undefined : q }) });
      }}
    >
      <TextField
        id={searchField}
        label={t("cases:inbox.search")}
        value={text}
        onChange={setText}
        input={{ "aria-keyshortcuts": keys }}
      />
      <Button type="submit" variant="secondary" icon="search">
        {t("cases:inbox.find")}
      </Button>
    </form>
  );
}

/** Whose cases, and in which order. */
function Narrowing({ search }: { search: InboxSearch }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const colleagues = useQuery(colleaguesQuery()).data ?? [];
  const set = (change: Partial<Record<keyof InboxSearch, string | undefined>>) =>
    void navigate({ search: (before) => defined({ ...before, ...change }) as InboxSearch });
  return (
    <div className="pv-row pv-narrowing">
      <Select
        id="whose"
        label={t("cases:inbox.who")}
        options={[
          { value: "alle", label: t("cases:inbox.anybody") },
          { value: "mir", label: t("cases:inbox.me") },
          { value: "niemandem", label: t("cases:inbox.nobody") },
          ...colleagues.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={search.bei ?? "alle"}
        onChange={(bei) => set({ bei: bei === "alle" ? undefined : bei })}
      />
      <Select
        id="order"
        label={t("cases:inbox.sort")}
        options={[
          { value: "neu", label: t("cases:inbox.order.newest") },
          { value: "alt", label: t("cases:inbox.order.oldest") },
          { value: "faellig", label: t("cases:inbox.order.due") },
        ]}
        value={search.folge ?? "neu"}
        onChange={(folge) => set({ folge: folge === "neu" ? undefined : folge })}
      />
    </div>
  );
}

function CaseItem({ item }: { item: CaseSummary }) {
  const t = useWords();
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h2 className="pv-card-title">
          <Link to="/mitarbeit/vorgaenge/$caseId" params={{ caseId: item.id }}>
            {item.serviceTitle}: {item.applicantName}
          </Link>
        </h2>
        <p className="pv-small pv-muted">
          <span className="pv-nowrap">{item.number}</span> · {item.organisationName} ·{" "}
          {t("cases:inbox.origin", { portal: item.origin.name })}
        </p>
        {isOpen(item.state) && <WhoAndWhen item={item} />}
      </div>
      <div className="pv-case__side">
        <StateBadge state={item.state} label={t(`cases:state.${item.state}`)} />
        {item.proposed === true && <Badge kind="warning">{t("cases:agree.badge")}</Badge>}
        <span className="pv-small pv-muted">{formatDateTime(item.receivedAt, currentLanguage())}</span>
      </div>
    </li>
  );
}

/** Who has an open case, and until when. */
function WhoAndWhen({ item }: { item: CaseSummary }) {
  const t = useWords();
  const day = formatDate(item.dueOn, currentLanguage());
  const who =
    item.assignee === undefined
      ? t("cases:inbox.free")
      : t("cases:inbox.assigned", { name: item.assignee.name || t("cases:page.formerly") });
  return (
    <p className="pv-small">
      {who} ·{" "}
      {item.overdue === true ? (
        <strong className="pv-overdue">{t("cases:inbox.overdue", { day })}</strong>
      ) : (
        t("cases:inbox.due", { day })
      )}
    </p>
  );
}
