import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { hasStatus } from "../../../api/problem";
import type { Json } from "../../../forms/definition";
import { pointerParts, writeAt } from "../../../forms/pointers";
import { useAutosave } from "../../../forms/useAutosave";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button } from "../../../ui/Button";
import { Checkboxes } from "../../../ui/fields/ChoiceFields";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { entryQuery, saveDraft, type Content, type Entry, type EntryKind, type Ref } from "../api";
import { EditorContext, textLanguages, type Editor, type TextLanguage } from "../content/context";
import { same, withoutEmpty } from "../content/parts";
import { OfficeForm } from "../forms/OfficeForm";
import { CompetenceForm, OnlineCompetenceForm, OnlineServiceForm, SituationForm } from "../forms/OtherForms";
import { ServiceForm, SpecialisationForm } from "../forms/ServiceForm";
import { kindOf, type Area } from "../kinds";
import { Comparison, ContentView } from "../parts/Comparison";
import { EntryActions } from "../parts/EntryActions";
import { Findings } from "../parts/Findings";
import { MergeView } from "../parts/MergeView";
import { SaveLine } from "../parts/SaveLine";
import { StateLabel } from "../parts/StateLabel";
import { Talk } from "../parts/Talk";

const route = getRouteApi("/editors/redaktion/$area/$entryId");

/** An entry at the desk: written, reviewed, released. */
export default function EntryPage() {
  const { area, entryId } = route.useParams();
  const kind = kindOf(area);
  if (!kind) throw notFound();
  const ref: Ref = { kind, id: entryId };
  const { data: entry } = useSuspenseQuery(entryQuery(ref));
  return <Desk key={`${kind} ${entryId}`} entryRef={ref} first={entry} area={area as Area} />;
}

/** With what the writer's own version is being merged. */
type Merging = { with: "colleague"; theirs: Entry } | { with: "released" } | { with: "source" };

function Desk({ entryRef, first, area }: { entryRef: Ref; first: Entry; area: Area }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const [entry, setEntry] = useState(first);
  const [content, setContent] = useState(first.data.content as Content);
  const [languages, setLanguages] = useState<TextLanguage[]>(["de", "en"]);
  const [merging, setMerging] = useState<Merging>();
  const [mergeError, setMergeError] = useState<unknown>();
  const newest = useRef(first);

  const take = (next: Entry) => {
    newest.current = next;
    setEntry(next);
    queryClient.setQueryData(entryQuery(entryRef).queryKey, next);
    void queryClient.invalidateQueries({
      queryKey: ["editing"],
      predicate: (query) => query.queryKey[1] !== "entry",
    });
  };
  const takeAll = (next: Entry) => {
    stop();
    take(next);
    setContent(next.data.content as Content);
  };
  const askColleague = async () => {
    const theirs = await queryClient.fetchQuery(entryQuery(entryRef));
    setMerging({ with: "colleague", theirs });
  };
  const { saved, flush, stop } = useAutosave(content, async (value) => {
    const sent = withoutEmpty(value);
    if (!newest.current.data.rights.edit || same(sent, withoutEmpty(newest.current.data.content as Content)))
      return;
    try {
      take(await saveDraft(entryRef, newest.current.etag, sent));
    } catch (error) {
      if (hasStatus(error, 412)) await askColleague();
      throw error;
    }
  });
  /** Finds out what stands in the way: another draft, or another released version. */
  const sortOut = async () => {
    const fresh = await queryClient.fetchQuery(entryQuery(entryRef));
    if (fresh.etag !== newest.current.etag) {
      setMerging({ with: "colleague", theirs: fresh });
      return;
    }
    take(fresh);
    setMerging({ with: "released" });
  };
  const beforehand = async () => ((await flush()) ? newest.current : undefined);
  const editor = useMemo<Editor>(
    () => ({
      content,
      languages,
      findings: entry.data.findings,
      set: (pointer: string, value: Json | undefined) =>
        setContent((before) => writeAt(before, pointer, value)),
    }),
    [content, languages, entry],
  );
  const showLanguage = (pointer: string) => {
    const wanted = textLanguages.find((language) => pointerParts(pointer).at(-1) === language);
    if (wanted && !languages.includes(wanted))
      setLanguages(textLanguages.filter((l) => l === wanted || languages.includes(l)));
  };

  const finishMerge = async (merged: Content) => {
    setMergeError(undefined);
    const sent = withoutEmpty(merged);
    try {
      const etag = merging?.with === "colleague" ? merging.theirs.etag : newest.current.etag;
      const released = merging?.with === "released" ? newest.current.data.releasedTag : undefined;
      takeAll(await saveDraft(entryRef, etag, sent, released));
      setMerging(undefined);
    } catch (error) {
      if (hasStatus(error, 412)) await askColleague();
      else setMergeError(error);
    }
  };
  if (merging) {
    const side = sideOf(merging, entry);
    return (
      <Page>
        {mergeError !== undefined && <ErrorState error={mergeError} />}
        <MergeView
          title={t(`editing:merge.title.${merging.with}`)}
          text={t(`editing:merge.text.${merging.with}`, { who: side.who })}
          base={side.base}
          mine={withoutEmpty(content)}
          theirs={side.theirs}
          theirsLabel={t(`editing:merge.theirs.${merging.with}`)}
          cancelLabel={t(merging.with === "colleague" ? "editing:merge.cancel" : "editing:preview.back")}
          busy={false}
          onMerged={(merged) => void finishMerge(merged)}
          onCancel={() => {
            if (merging.with === "colleague") takeAll(merging.theirs);
            setMerging(undefined);
          }}
        />
      </Page>
    );
  }
  const title = entry.data.title === "" ? t("editing:list.untitled") : entry.data.title;
  return (
    <Page>
      <Breadcrumb
        items={[
          {
            id: "area",
            link: (
              <Link to="/redaktion/$area" params={{ area }}>
                {t(`editing:area.${area}`)}
              </Link>
            ),
          },
          { id: "this", link: title },
        ]}
      />
      <div className="pv-stack pv-stack--medium">
        <PageHeading title={title} />
        <div className="pv-row">
          <StateLabel state={entry.data.state} />
          <About entry={entry} />
          <Link
            to="/redaktion/$area/$entryId/vorschau"
            params={{ area, entryId: entryRef.id }}
            onClick={() => void flush()}
          >
            {t("editing:preview.link")}
          </Link>
          <Link
            to="/redaktion/$area/$entryId/fassungen"
            params={{ area, entryId: entryRef.id }}
            onClick={() => void flush()}
          >
            {t("editing:versions.short")}
          </Link>
        </div>
        <SaveLine saved={saved} />
      </div>
      {saved.state === "failed" && <ErrorState error={saved.error} />}
      <Notices entry={entry} onMerge={(kind) => setMerging({ with: kind })} />
      <EntryActions
        refTo={entryRef}
        entry={entry}
        beforehand={beforehand}
        onChanged={takeAll}
        onConflict={() => void sortOut()}
      />
      {entry.data.state !== "deleted" && (
        <Findings findings={entry.data.findings} onLanguage={showLanguage} />
      )}
      {entry.data.rights.edit ? (
        <EditorContext value={editor}>
          <Checkboxes
            id="shown-languages"
            label={t("editing:form.languages")}
            options={textLanguages.map((value) => ({ value, label: t(`editing:language.${value}`) }))}
            value={languages}
            onChange={(chosen) => {
              const next = textLanguages.filter((language) => chosen.includes(language));
              if (next.length > 0) setLanguages(next);
            }}
          />
          <Form kind={entryRef.kind} />
        </EditorContext>
      ) : (
        <Reading entry={entry} />
      )}
      <Talk refTo={entryRef} entry={entry} onChanged={take} />
    </Page>
  );
}

function sideOf(merging: Merging, entry: Entry): { base: Content | undefined; theirs: Content; who: string } {
  const { base, released, correction } = entry.data;
  switch (merging.with) {
    case "colleague":
      return {
        base: entry.data.content as Content,
        theirs: merging.theirs.data.content as Content,
        who: merging.theirs.data.changedBy ?? "",
      };
    case "released":
      return { base: base as Content | undefined, theirs: (released ?? {}) as Content, who: "" };
    case "source":
      return {
        base: correction?.base as Content | undefined,
        theirs: (correction?.imported ?? {}) as Content,
        who: correction?.source ?? "",
      };
  }
}

function Form({ kind }: { kind: EntryKind }) {
  switch (kind) {
    case "service":
      return <ServiceForm />;
    case "specialisation":
      return <SpecialisationForm />;
    case "organisation":
      return <OfficeForm />;
    case "competence":
      return <CompetenceForm />;
    case "category":
      return <SituationForm />;
    case "onlineService":
      return <OnlineServiceForm />;
    case "onlineCompetence":
      return <OnlineCompetenceForm />;
  }
}

/** What a reviewer reads: what would change; where nothing is released, all of it. */
function Reading({ entry }: { entry: Entry }) {
  const t = useWords();
  const { released, content, hasDraft } = entry.data;
  const compare = hasDraft && released !== undefined;
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="reading-title">
      <h2 id="reading-title">{t(compare ? "editing:compare.title" : "editing:compare.content")}</h2>
      {compare ? (
        <Comparison before={released as Content} after={content as Content} />
      ) : (
        <ContentView content={content as Content} />
      )}
    </section>
  );
}

function About({ entry }: { entry: Entry }) {
  const t = useWords();
  const { changedAt, changedBy, releaseAt, source } = entry.data;
  const language = currentLanguage();
  return (
    <span className="pv-small pv-muted">
      {[
        changedAt === undefined
          ? undefined
          : t("editing:about.changed", { at: formatDateTime(changedAt, language), by: changedBy ?? "" }),
        releaseAt === undefined
          ? undefined
          : t("editing:about.releaseAt", { at: formatDateTime(releaseAt, language) }),
        source === undefined ? undefined : t("editing:list.source", { source }),
      ]
        .filter(Boolean)
        .join(" · ")}
    </span>
  );
}

function Notices({ entry, onMerge }: { entry: Entry; onMerge: (kind: "released" | "source") => void }) {
  const t = useWords();
  const { correction, releasedMeanwhile, rights, source, hasDraft } = entry.data;
  return (
    <>
      {releasedMeanwhile === true && (
        <Alert kind="warning" title={t("editing:notice.releasedMeanwhile")}>
          {rights.edit && (
            <div>
              <Button variant="secondary" onClick={() => onMerge("released")}>
                {t("editing:notice.merge")}
              </Button>
            </div>
          )}
        </Alert>
      )}
      {correction && (correction.conflicts.length > 0 || correction.deletedBySource) && (
        <Alert
          kind="warning"
          title={t(
            correction.deletedBySource ? "editing:notice.sourceDeleted" : "editing:notice.sourceConflict",
            {
              source: correction.source,
            },
          )}
        >
          {rights.edit && !correction.deletedBySource && (
            <div>
              <Button variant="secondary" onClick={() => onMerge("source")}>
                {t("editing:notice.merge")}
              </Button>
            </div>
          )}
        </Alert>
      )}
      {source !== undefined && !correction && !hasDraft && (
        <Alert kind="info" title={t("editing:notice.imported", { source })}>
          <p>{t("editing:notice.importedText")}</p>
        </Alert>
      )}
      {rights.fourEyes && rights.isAuthor && entry.data.state === "inReview" && (
        <Alert kind="info" title={t("editing:notice.fourEyes")} />
      )}
    </>
  );
}
