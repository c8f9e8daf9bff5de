import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { auditQuery, type AuditSearch } from "../api";

const route = getRouteApi("/administration/verwaltung/protokoll");

/** Groups of acts, by how their words begin. */
const groups = [
  "case.",
  "client.",
  "staff.",
  "signing-key.",
  "catalog.",
  "source.",
  "association.",
  "delivery.",
  "audit.",
] as const;

/** Who did what at this portal, for auditors. */
export default function AuditPage() {
  const t = useWords();
  const search = route.useSearch();
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery(
    auditQuery(search),
  );
  const entries = data.pages.flatMap((page) => page.items);
  return (
    <Page>
      <PageHeading title={t("administration:audit.title")} />
      <p>{t("administration:audit.text")}</p>
      <Filters key={JSON.stringify(search)} search={search} />
      <section className="pv-stack">
        <h2>{t("administration:audit.entries")}</h2>
        {entries.length === 0 ? (
          <EmptyState title={t("administration:audit.empty")} />
        ) : (
          <ul className="pv-list">
            {entries.map((entry) => (
              <AuditItem key={entry.id} entry={entry} />
            ))}
          </ul>
        )}
        {hasNextPage && (
          <div>
            <LoadMore busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />
          </div>
        )}
      </section>
    </Page>
  );
}

function AuditItem({ entry }: { entry: Schemas["AuditEntry"] }) {
  const t = useWords();
  const kind = t(`administration:audit.kind.${entry.actorKind}`);
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h3 className="pv-card-title">
          <code className="pv-code">{entry.action}</code>
        </h3>
        <span className="pv-small pv-muted">{formatDateTime(entry.at, currentLanguage())}</span>
      </div>
      <p>
        {kind}
        {entry.actorName !== undefined && `: ${entry.actorName}`}
        {entry.actor !== "" && <span className="pv-small pv-muted pv-break"> {entry.actor}</span>}
      </p>
      <p className="pv-small pv-break">
        {entry.object}
        {entry.detail !== undefined && ` · ${entry.detail}`}
      </p>
    </li>
  );
}

const day = { type: "date" } as const;

function Filters({ search }: { search: AuditSearch }) {
  const t = useWords();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(search);
  const text = (id: "actor" | "object" | "from" | "until") => ({
    id,
    label: t(`administration:audit.${id}`),
    value: draft[id] ?? "",
    onChange: (value: string) => setDraft({ ...draft, [id]: value === "" ? undefined : value }),
  });
  return (
    <form
      className="pv-stack"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: "/verwaltung/protokoll", search: draft });
      }}
    >
      <Select
        id="action"
        label={t("administration:audit.action")}
        options={groups.map((value) => ({
          value,
          label: t(`administration:audit.group.${value.replace(".", "") as "case"}`),
        }))}
        value={draft.action ?? ""}
        onChange={(value) => setDraft({ ...draft, action: value === "" ? undefined : value })}
      />
      <TextField {...text("actor")} optional />
      <TextField {...text("object")} optional />
      <TextField {...text("from")} optional width="medium" input={day} />
      <TextField {...text("until")} optional width="medium" input={day} />
      <div className="pv-actions">
        <Button type="submit">{t("administration:audit.search")}</Button>
        <Button variant="secondary" onClick={() => void navigate({ to: "/verwaltung/protokoll" })}>
          {t("administration:audit.all")}
        </Button>
      </div>
    </form>
  );
}
