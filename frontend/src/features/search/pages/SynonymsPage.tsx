import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { focusElement } from "../../../lib/focus";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { addSynonym, removeSynonym, synonymsQuery, type Synonym } from "../api";
import { SearchDesk } from "../parts/SearchDesk";
import { SynonymForm } from "../parts/SynonymForm";

const route = getRouteApi("/editors/redaktion/suche");

/** What people say at this portal, and what the catalog calls it. */
export default function SynonymsPage() {
  const t = useWords();
  const { wort } = route.useSearch();
  const [edited, setEdited] = useState<Synonym>();
  const form = useRef<HTMLHeadingElement>(null);
  const synonyms = useInfiniteQuery(synonymsQuery);
  const items = synonyms.data?.pages.flatMap((page) => page.items) ?? [];
  const head = synonyms.data?.pages[0];
  return (
    <SearchDesk title={t("search:title")} text={t("search:synonyms.text", { count: head?.builtIn ?? 0 })}>
      <section className="pv-stack pv-text" aria-labelledby="synonym-form">
        <h2 id="synonym-form" ref={form} tabIndex={-1}>
          {t(edited ? "search:form.changeTitle" : "search:form.addTitle")}
        </h2>
        <SynonymForm
          key={edited?.id ?? `new ${wort ?? ""}`}
          edited={edited}
          words={wort ?? ""}
          onDone={() => setEdited(undefined)}
        />
      </section>
      <section className="pv-stack pv-text" aria-labelledby="synonym-list">
        <h2 id="synonym-list">{t("search:synonyms.own", { count: head?.total ?? 0 })}</h2>
        <div className="pv-stack" aria-busy={synonyms.isFetching}>
          {synonyms.isPending && <Loading />}
          {synonyms.isError && <ErrorState error={synonyms.error} onRetry={() => void synonyms.refetch()} />}
          {synonyms.isSuccess && items.length === 0 && <EmptyState title={t("search:synonyms.none")} />}
          {items.length > 0 && (
            <ul className="pv-list">
              {items.map((synonym) => (
                <Item
                  key={synonym.id}
                  synonym={synonym}
                  onEdit={() => {
                    setEdited(synonym);
                    focusElement(form.current);
                  }}
                />
              ))}
            </ul>
          )}
          {synonyms.hasNextPage && (
            <div>
              <LoadMore busy={synonyms.isFetchingNextPage} onClick={() => void synonyms.fetchNextPage()} />
            </div>
          )}
        </div>
      </section>
    </SearchDesk>
  );
}

function Item({ synonym, onEdit }: { synonym: Synonym; onEdit: () => void }) {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const { says, means, changedAt, changedBy } = synonym;
  const words = says.join(", ");
  const again = () => queryClient.invalidateQueries({ queryKey: synonymsQuery.queryKey });
  const remove = useAction(async (key) => {
    await removeSynonym(synonym);
    status(t("search:synonyms.removed", { words }), {
      label: t("search:synonyms.undo"),
      run: () => void addSynonym({ says, means }, key).then(again),
    });
    await again();
  });
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <p>
          <strong>{words}</strong> <span aria-hidden>→</span>
          <span className="pv-hidden"> {t("search:synonyms.isCalled")} </span> {means.join(", ")}
        </p>
        <p className="pv-small pv-muted">
          {[changedBy, formatDateTime(changedAt, currentLanguage())].filter(Boolean).join(" · ")}
        </p>
        {remove.error !== undefined && <ErrorState error={remove.error} />}
      </div>
      <div className="pv-actions pv-actions--beside">
        <Button
          variant="tertiary"
          icon="edit"
          onClick={onEdit}
          aria-label={t("search:synonyms.changeNamed", { words })}
        >
          {t("search:synonyms.change")}
        </Button>
        <Button
          variant="tertiary"
          icon="delete"
          busy={remove.busy}
          onClick={remove.run}
          aria-label={t("search:synonyms.removeNamed", { words })}
        >
          {t("search:synonyms.remove")}
        </Button>
      </div>
    </li>
  );
}
