import { useInfiniteQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import { useState } from "react";
import { hasRole, sessionQuery, unitsOf, type Session } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { TextField } from "../../../ui/fields/TextField";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { useTyped } from "../../../ui/useTyped";
import {
  createEntry,
  entriesQuery,
  entryQuery,
  type Content,
  type EntryKind,
  type EntryState,
  type EntrySummary,
} from "../api";
import { areaNames, kindOf, type Area } from "../kinds";
import { StateLabel } from "../parts/StateLabel";

const route = getRouteApi("/editors/redaktion/$area");
const states: EntryState[] = ["new", "changed", "inReview", "scheduled", "released", "withdrawn", "deleted"];

/** The entries of one kind, released or being written. */
export default function EntriesPage() {
  const t = useWords();
  const { area } = route.useParams();
  const { stand, q } = route.useSearch();
  const kind = kindOf(area);
  if (!kind) throw notFound();
  const state = states.find((candidate) => candidate === stand);
  const list = useInfiniteQuery(entriesQuery({ kind, q, state }));
  const { data: session } = useSuspenseQuery(sessionQuery);
  const begun = beginning(session, kind);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeading key={area} title={t(`editing:area.${area as Area}`)} />
      <nav className="pv-subnav" aria-label={t("editing:area.label")}>
        <ul>
          {areaNames.map((name) => (
            <li key={name}>
              <Link to="/redaktion/$area" params={{ area: name }} activeOptions={{ includeSearch: false }}>
                {t(`editing:area.${name}`)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="pv-stack pv-stack--medium">
        <SearchForm key={area} searched={q ?? ""} />
        <nav aria-label={t("editing:list.filter")}>
          <ul className="pv-filters">
            <li>
              <Link
                to="/redaktion/$area"
                params={{ area }}
                search={defined({ q })}
                activeOptions={{ exact: true }}
              >
                {t("editing:list.all")}
              </Link>
            </li>
            {states.map((candidate) => (
              <li key={candidate}>
                <Link
                  to="/redaktion/$area"
                  params={{ area }}
                  search={{ stand: candidate, ...defined({ q }) }}
                  activeOptions={{ exact: true }}
                >
                  {t(`editing:state.${candidate}`)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        {begun && <NewEntry area={area as Area} content={begun} />}
      </div>
      <div className="pv-stack" aria-busy={list.isFetching}>
        {list.isPending && <Loading />}
        {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && <EmptyState title={t("editing:list.empty")} />}
        {items.length > 0 && (
          <ul className="pv-list">
            {items.map((item) => (
              <Item key={item.id} item={item} area={area} />
            ))}
          </ul>
        )}
        {list.hasNextPage && (
          <div>
            <LoadMore busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />
          </div>
        )}
      </div>
    </Page>
  );
}

function SearchForm({ searched }: { searched: string }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const [text, setText] = useTyped(searched);
  return (
    <form
      role="search"
      className="pv-search__box pv-inbox-search"
      onSubmit={(event) => {
        event.preventDefault();
        const q = text.trim();
        void navigate({ search: ({ stand }) => defined({ stand, q: q === "" ? undefined : q }) });
      }}
    >
      <TextField id="entry-search" label={t("editing:list.search")} value={text} onChange={setText} />
      <Button type="submit" variant="secondary" icon="search">
        {t("editing:list.find")}
      </Button>
    </form>
  );
}

/** What a new entry begins with: nothing, or, for who writes for some unit only, that unit. Undefined: they begin none of this kind. */
function beginning(session: Session, kind: EntryKind | undefined): Content | undefined {
  if (hasRole(session, "editor")) return {};
  const unit = unitsOf(session, "editor")[0];
  if (unit === undefined) return undefined;
  if (kind === "organisation") return { parentId: unit };
  return kind === "competence" ? { organisationId: unit } : undefined;
}

/** Begins an entry and opens it; a life situation is given its short name first. */
function NewEntry({ area, content }: { area: Area; content: Content }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const queryClient = useQueryClient();
  const kind = kindOf(area) ?? "service";
  const [name, setName] = useState("");
  const create = useAction(async (key) => {
    const made = await createEntry(kind, kind === "category" ? { id: name.trim() } : content, key);
    queryClient.setQueryData(entryQuery({ kind, id: made.data.id }).queryKey, made);
    await navigate({ to: "/redaktion/$area/$entryId", params: { area, entryId: made.data.id } });
  });
  return (
    <div className="pv-stack pv-stack--small">
      {create.error !== undefined && <ErrorState error={create.error} />}
      {kind === "category" && (
        <TextField
          id="new-name"
          label={t("editing:form.shortName")}
          hint={t("editing:hint.shortName")}
          value={name}
          onChange={setName}
          width="medium"
        />
      )}
      <div>
        <Button icon="add" busy={create.busy} onClick={create.run}>
          {t("editing:list.create")}
        </Button>
      </div>
    </div>
  );
}

function Item({ item, area }: { item: EntrySummary; area: string }) {
  const t = useWords();
  const details = [
    item.languages.length > 0 ? item.languages.join(", ") : undefined,
    item.source === undefined ? undefined : t("editing:list.source", { source: item.source }),
    item.changedBy,
    item.changedAt === undefined ? undefined : formatDateTime(item.changedAt, currentLanguage()),
  ];
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h2 className="pv-card-title">
          <Link to="/redaktion/$area/$entryId" params={{ area, entryId: item.id }}>
            {item.title === "" ? t("editing:list.untitled") : item.title}
          </Link>
        </h2>
        <p className="pv-small pv-muted">{details.filter(Boolean).join(" · ")}</p>
      </div>
      <div className="pv-case__side">
        <StateLabel state={item.state} />
        {item.corrected === true && !item.conflict && <Badge>{t("editing:list.corrected")}</Badge>}
        {item.conflict === true && <Badge kind="warning">{t("editing:list.conflict")}</Badge>}
      </div>
    </li>
  );
}
