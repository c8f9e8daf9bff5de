import { useInfiniteQuery, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiProblem } from "../../../api/problem";
import { hasRole, sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { classes } from "../../../lib/classes";
import { defined } from "../../../lib/defined";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Radios, Select } from "../../../ui/fields/ChoiceFields";
import { describedBy, FieldFrame, type FieldProps } from "../../../ui/fields/FieldParts";
import { TextField } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { useTyped } from "../../../ui/useTyped";
import {
  copiesQuery,
  createForm,
  editedFormQuery,
  ownFormsQuery,
  type NewForm,
  type OwnForm,
} from "../builder/api";
import { StateLabel } from "../parts/StateLabel";

const route = getRouteApi("/editors/redaktion/formulare");

/** The forms of this portal, released or being built. */
export default function FormsPage() {
  const t = useWords();
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [text, setText] = useTyped(q ?? "");
  const [beginning, setBeginning] = useState(false);
  const list = useInfiniteQuery(ownFormsQuery(q));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <div className="pv-stack pv-stack--small">
        <PageHeading title={t("builder:list.title")} />
        <p className="pv-text">{t("builder:list.text")}</p>
      </div>
      <div className="pv-stack pv-stack--medium">
        <form
          role="search"
          className="pv-search__box pv-inbox-search"
          onSubmit={(event) => {
            event.preventDefault();
            const words = text.trim();
            void navigate({ search: defined({ q: words === "" ? undefined : words }) });
          }}
        >
          <TextField id="form-search" label={t("builder:list.search")} value={text} onChange={setText} />
          <Button type="submit" variant="secondary" icon="search">
            {t("editing:list.find")}
          </Button>
        </form>
        {hasRole(session, "editor") && (
          <div>
            <Button icon="add" onClick={() => setBeginning(true)}>
              {t("builder:list.create")}
            </Button>
          </div>
        )}
      </div>
      <div className="pv-stack" aria-busy={list.isFetching}>
        {list.isPending && <Loading />}
        {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && <EmptyState title={t("builder:list.empty")} />}
        {items.length > 0 && (
          <ul className="pv-list">
            {items.map((item) => (
              <Item key={item.id} item={item} />
            ))}
          </ul>
        )}
        {list.hasNextPage && (
          <div>
            <LoadMore busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />
          </div>
        )}
      </div>
      {beginning && <NewFormDialog onClose={() => setBeginning(false)} />}
    </Page>
  );
}

function Item({ item }: { item: OwnForm }) {
  const t = useWords();
  const details = [
    item.version === undefined ? undefined : t("builder:list.version", { version: item.version }),
    item.changedBy,
    item.changedAt === undefined ? undefined : formatDateTime(item.changedAt, currentLanguage()),
  ];
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h2 className="pv-card-title">
          <Link to="/redaktion/formulare/$formId" params={{ formId: item.id }}>
            {item.title === "" ? t("builder:untitledForm") : item.title}
          </Link>
        </h2>
        <p className="pv-small pv-muted">{details.filter(Boolean).join(" · ")}</p>
        <p className="pv-small">
          {item.uses.length === 0
            ? t("builder:list.unused")
            : t("builder:list.uses", { services: item.uses.map((use) => use.title).join(", ") })}
        </p>
      </div>
      <div className="pv-case__side">
        <StateLabel state={item.state} />
      </div>
    </li>
  );
}

type Way = "empty" | "copy" | "schema" | "fim";

/** Asks with what a form begins, and opens it. */
function NewFormDialog({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const queryClient = useQueryClient();
  const [way, setWay] = useState<Way>("empty");
  const [title, setTitle] = useState("");
  const [copyOf, setCopyOf] = useState("");
  const [schema, setSchema] = useState<NewForm["schema"]>();
  const [xml, setXml] = useState<string>();
  const [missing, setMissing] = useState<Way>();
  const copies = useQuery({ ...copiesQuery, enabled: way === "copy" });
  const create = useAction(async (key) => {
    const given = { empty: true, copy: copyOf !== "", schema: schema !== undefined, fim: xml !== undefined };
    setMissing(given[way] ? undefined : way);
    if (!given[way]) return;
    const made = await createForm(
      defined({
        title: title.trim() === "" ? undefined : { de: title.trim() },
        copyOf: way === "copy" ? copyOf : undefined,
        schema: way === "schema" ? schema : undefined,
        xdatenfelder: way === "fim" ? xml : undefined,
      }),
      key,
    );
    queryClient.setQueryData(editedFormQuery(made.data.id).queryKey, made);
    await navigate({ to: "/redaktion/formulare/$formId", params: { formId: made.data.id } });
  });
  const refused =
    create.error instanceof ApiProblem
      ? create.error.errors.find(({ pointer }) => pointer === "/schema" || pointer === "/xdatenfelder")
      : undefined;
  const fileError =
    missing === way ? t(`builder:new.${way === "fim" ? "fim" : "file"}Missing`) : refused?.message;
  return (
    <FormDialog
      title={t("builder:list.create")}
      button={t("builder:new.begin")}
      busy={create.busy}
      error={create.error}
      onSubmit={create.run}
      onClose={onClose}
    >
      <Radios
        id="new-way"
        label={t("builder:new.way")}
        options={(["empty", "copy", "schema", "fim"] as const).map((value) => ({
          value,
          label: t(`builder:new.${value}`),
        }))}
        value={way}
        onChange={(value) => setWay(value as Way)}
      />
      {way === "copy" && (
        <Select
          id="new-copy"
          label={t("builder:new.copyOf")}
          error={missing === "copy" ? t("builder:new.copyMissing") : undefined}
          options={(copies.data?.items ?? []).map(({ id, title: name }) => ({ value: id, label: name }))}
          value={copyOf}
          onChange={setCopyOf}
        />
      )}
      {way === "schema" && (
        <FileInput
          id="new-schema"
          label={t("builder:new.file")}
          hint={t("builder:new.fileHint")}
          error={fileError}
          accept=".json,application/json,application/schema+json"
          onFile={(file) => void readSchema(file).then(setSchema)}
        />
      )}
      {way === "fim" && (
        <FileInput
          id="new-fim"
          label={t("builder:new.fimFile")}
          hint={t("builder:new.fimHint")}
          error={fileError}
          accept=".xml,application/xml,text/xml"
          onFile={(file) => void readXml(file).then(setXml)}
        />
      )}
      <TextField
        id="new-title"
        label={t("builder:settings.title")}
        optional
        value={title}
        onChange={setTitle}
      />
    </FormDialog>
  );
}

/** A file that is chosen. */
function FileInput({
  accept,
  onFile,
  ...field
}: FieldProps & { accept: string; onFile: (file: File) => void }) {
  return (
    <FieldFrame field={field}>
      <input
        id={field.id}
        type="file"
        className={classes("kern-form-input__input", field.error && "kern-form-input__input--error")}
        accept={accept}
        aria-invalid={field.error ? true : undefined}
        aria-describedby={describedBy(field)}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
        }}
      />
    </FieldFrame>
  );
}

/** The text of an XML file, in the encoding that it names; undefined where the encoding is unknown. */
async function readXml(file: File): Promise<string | undefined> {
  const bytes = await file.arrayBuffer();
  const begin = new TextDecoder("latin1").decode(bytes.slice(0, 200));
  const encoding = /^[^<]*<\?xml[^>]*encoding=["']([\w.-]+)["']/.exec(begin)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A JSON object in a file; undefined where it holds none. */
async function readSchema(file: File): Promise<NewForm["schema"]> {
  try {
    const value: unknown = JSON.parse(await file.text());
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as NewForm["schema"])
      : undefined;
  } catch {
    return undefined;
  }
}
