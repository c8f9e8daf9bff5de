import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { notesQuery, type Note, type NoteSearch, type Run } from "../api";

const keptOfEach = 1_000;

/** What a run skipped, and what it left out, by file and line. */
export function Notes({ run }: { run: Run }) {
  const t = useWords();
  const [search, setSearch] = useState<NoteSearch>({});
  const [text, setText] = useState("");
  const list = useInfiniteQuery(notesQuery(run.id, search));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = search.skipped !== undefined || search.q !== undefined;
  return (
    <div className="pv-stack pv-stack--medium">
      {(run.skipped > keptOfEach || run.warnings > keptOfEach) && (
        <p className="pv-small pv-muted">{t("sources:notes.kept", { count: keptOfEach })}</p>
      )}
      <form
        role="search"
        aria-label={t("sources:notes.filter")}
        className="pv-fields-row"
        onSubmit={(event) => {
          event.preventDefault();
          const q = text.trim();
          setSearch({ ...search, q: q === "" ? undefined : q });
        }}
      >
        <Select
          id="notes-kind"
          label={t("sources:notes.show")}
          options={[
            { value: "skipped", label: t("sources:notes.onlySkipped") },
            { value: "warnings", label: t("sources:notes.onlyWarnings") },
          ]}
          empty={t("sources:notes.all")}
          value={search.skipped === undefined ? "" : search.skipped ? "skipped" : "warnings"}
          onChange={(value) =>
            setSearch({ ...search, skipped: value === "" ? undefined : value === "skipped" })
          }
        />
        <TextField
          id="notes-text"
          label={t("sources:notes.search")}
          value={text}
          onChange={setText}
          width="medium"
        />
        <Button type="submit" variant="secondary" icon="search">
          {t("sources:notes.find")}
        </Button>
      </form>
      <div className="pv-stack" aria-busy={list.isFetching}>
        {list.isPending && <Loading />}
        {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && (
          <EmptyState title={t(filtered ? "sources:notes.noneFound" : "sources:notes.none")} />
        )}
        {items.length > 0 && (
          <ol className="pv-list">
            {items.map((note) => (
              <NoteItem key={note.number} note={note} />
            ))}
          </ol>
        )}
        {list.hasNextPage && (
          <div>
            <LoadMore busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />
          </div>
        )}
      </div>
    </div>
  );
}

function NoteItem({ note }: { note: Note }) {
  const t = useWords();
  const line = note.line === undefined ? undefined : t("sources:notes.line", { line: note.line });
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <p className="pv-small pv-muted pv-anywhere">{[note.place, line].filter(Boolean).join(", ")}</p>
        <p className="pv-anywhere" lang="en">
          {note.text}
        </p>
      </div>
      <div className="pv-case__side">
        <Badge kind={note.skipped ? "danger" : "warning"}>
          {t(note.skipped ? "sources:notes.isSkipped" : "sources:notes.isWarning")}
        </Badge>
      </div>
    </li>
  );
}
