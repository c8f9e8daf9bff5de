import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { hasStatus } from "../../../api/problem";
import { useAutosave } from "../../../forms/useAutosave";
import { localText } from "../../../forms/definition";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { editedFormQuery, saveForm, type EditedForm, type Finding } from "../builder/api";
import { Changes } from "../builder/Changes";
import { sameContent } from "../builder/compare";
import { FormActions } from "../builder/FormActions";
import { additions, type Addition } from "../builder/kinds";
import {
  addQuestions,
  addStep,
  fieldAt,
  move,
  parentOf,
  placeOf,
  position,
  remove,
  stepAt,
  type Place,
} from "../builder/model";
import { Outline } from "../builder/Outline";
import { Preview } from "../builder/Preview";
import { Settings } from "../builder/Settings";
import { SaveLine } from "../parts/SaveLine";
import { StateLabel } from "../parts/StateLabel";

const route = getRouteApi("/editors/redaktion/formulare/$formId");

/** A form that is built: its questions, what is said about each, how citizens see it, and its release. */
export default function FormEditorPage() {
  const { formId } = route.useParams();
  const { data: form } = useSuspenseQuery(editedFormQuery(formId));
  return <Desk key={formId} formId={formId} first={form} />;
}

function Desk({ formId, first }: { formId: string; first: EditedForm }) {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const [form, setForm] = useState(first);
  const [content, setContent] = useState(first.data.content);
  const [chosen, setChosen] = useState<Place>([]);
  const [focus, setFocus] = useState<{ on: "heading" | "text" }>();
  const [theirs, setTheirs] = useState<EditedForm>();
  const newest = useRef(first);
  const { rights, hasDraft, title } = form.data;

  const take = (next: EditedForm) => {
    newest.current = next;
    setForm(next);
    queryClient.setQueryData(editedFormQuery(formId).queryKey, next);
    void queryClient.invalidateQueries({ queryKey: ["editing", "own-forms"] });
  };
  const { saved, flush, stop } = useAutosave(content, async (value) => {
    if (!newest.current.data.rights.edit || sameContent(value, newest.current.data.content)) return;
    try {
      take(await saveForm(formId, newest.current.etag, value));
    } catch (error) {
      if (hasStatus(error, 412)) setTheirs(await queryClient.fetchQuery(editedFormQuery(formId)));
      throw error;
    }
  });
  const takeAll = (next: EditedForm) => {
    stop();
    take(next);
    setContent(next.data.content);
    setTheirs(undefined);
  };
  const keepMine = useAction(async () => {
    const other = theirs ?? newest.current;
    stop();
    take(await saveForm(formId, other.etag, content, other.data.version));
    setTheirs(undefined);
  });

  const place = stepAt(content, chosen) && (chosen.length < 2 || fieldAt(content, chosen)) ? chosen : [];
  const choose = (next: Place, on: "heading" | "text" = "heading") => {
    setChosen(next);
    setFocus({ on });
  };
  const add = (kind: Addition) => {
    const field = fieldAt(content, place);
    const steps = content.layout.steps;
    const last = steps.at(-1);
    if (!last) return;
    const inGroup = field?.kind === "group" && kind !== "group";
    const parent = place.length === 0 ? [last.id] : place.length === 1 || inGroup ? place : parentOf(place);
    const behind = place.length > 1 && !inGroup ? place.at(-1) : undefined;
    const [next, at] = addQuestions(content, parent, additions(kind), behind);
    setContent(next);
    choose(at, "text");
  };
  const takeOut = () => {
    const label = localText(
      fieldAt(content, place)?.label ?? stepAt(content, place)?.title,
      currentLanguage(),
    );
    const [next, putBack] = remove(content, place);
    setContent(next);
    choose(parentOf(place));
    status(t("editing:list.removed", { item: label === "" ? t("builder:untitled") : label }), {
      label: t("builder:undo"),
      run: () => {
        setContent(putBack);
        choose(place);
      },
    });
  };
  const byPlace = useMemo(() => {
    const found = new Map<string, Finding[]>();
    for (const finding of form.data.findings) {
      const at = placeOf(content, finding.pointer).join("/");
      found.set(at, [...(found.get(at) ?? []), finding]);
    }
    return found;
  }, [form, content]);

  const wrong = new Set(
    [...byPlace].filter(([, list]) => list.some(({ severity }) => severity === "error")).map(([at]) => at),
  );

  const name = title === "" ? t("builder:untitledForm") : title;
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "forms", link: <Link to="/redaktion/formulare">{t("builder:list.title")}</Link> },
          { id: "this", link: name },
        ]}
      />
      <div className="pv-stack pv-stack--medium">
        <PageHeading title={name} />
        <div className="pv-row">
          <StateLabel state={form.data.state} />
          <About form={form} />
        </div>
        <SaveLine saved={saved} />
      </div>
      {saved.state === "failed" && !theirs && <ErrorState error={saved.error} />}
      {theirs && (
        <Alert kind="warning" title={t("builder:conflict.title", { by: theirs.data.changedBy ?? "" })}>
          <p>{t("builder:conflict.text")}</p>
          {keepMine.error !== undefined && <ErrorState error={keepMine.error} />}
          <div className="pv-row">
            <Button variant="secondary" onClick={() => takeAll(theirs)}>
              {t("builder:conflict.theirs")}
            </Button>
            <Button variant="secondary" busy={keepMine.busy} onClick={keepMine.run}>
              {t("builder:conflict.mine")}
            </Button>
          </div>
        </Alert>
      )}
      {form.data.releasedMeanwhile === true && !theirs && (
        <Alert kind="warning" title={t("builder:conflict.released")}>
          <div>
            <Button variant="secondary" busy={keepMine.busy} onClick={keepMine.run}>
              {t("builder:conflict.goOn")}
            </Button>
          </div>
        </Alert>
      )}
      {form.data.state === "inReview" && (
        <Alert
          kind="info"
          title={t(rights.fourEyes && rights.isAuthor ? "builder:review.own" : "builder:review.other", {
            by: form.data.submittedBy ?? "",
          })}
        >
          {form.data.note !== undefined && <p className="pv-pre-line">{form.data.note}</p>}
        </Alert>
      )}
      {form.data.state !== "inReview" && hasDraft && form.data.note !== undefined && (
        <Alert kind="info" title={t("builder:review.note")}>
          <p className="pv-pre-line">{form.data.note}</p>
        </Alert>
      )}
      <FormActions
        form={form}
        content={content}
        beforehand={async () => ((await flush()) ? newest.current : undefined)}
        onChanged={takeAll}
        onConflict={async () => {
          const fresh = await queryClient.fetchQuery(editedFormQuery(formId));
          if (fresh.etag === newest.current.etag) take(fresh);
          else setTheirs(fresh);
        }}
      />
      {(["error", "warning"] as const).map((severity) => (
        <Problems
          key={severity}
          severity={severity}
          findings={form.data.findings.filter((finding) => finding.severity === severity)}
          title={(finding) => {
            const at = placeOf(content, finding.pointer);
            const label = localText(
              fieldAt(content, at)?.label ?? stepAt(content, at)?.title,
              currentLanguage(),
            );
            if (at.length === 0) return "";
            return label === "" ? `${t("builder:untitled")} (${position(content, at).index + 1})` : label;
          }}
          onChoose={(finding) => choose(placeOf(content, finding.pointer))}
        />
      ))}
      {rights.edit && (
        <div className="pv-builder">
          <Outline
            content={content}
            chosen={place}
            wrong={wrong}
            onChoose={choose}
            onAdd={add}
            onAddStep={() => {
              const [next, at] = addStep(content, { de: "" });
              setContent(next);
              choose(at, "text");
            }}
          />
          <Settings
            content={content}
            place={place}
            findings={byPlace.get(place.join("/")) ?? []}
            focus={focus}
            onOutline={() => document.querySelector<HTMLElement>(".pv-outline [aria-current]")?.focus()}
            onChange={setContent}
            onMove={(by) => {
              const next = move(content, place, by);
              setContent(next);
              const { index } = position(next, place);
              status(
                t("editing:list.moved", {
                  item: localText(
                    fieldAt(next, place)?.label ?? stepAt(next, place)?.title,
                    currentLanguage(),
                  ),
                  position: index + 1,
                }),
              );
            }}
            onRemove={takeOut}
          />
        </div>
      )}
      {form.data.state === "inReview" && (
        <section className="pv-stack pv-stack--small" aria-labelledby="review-title">
          <h2 id="review-title">{t("builder:changes.heading")}</h2>
          {form.data.released ? (
            <Changes before={form.data.released} after={content} />
          ) : (
            <p>{t("builder:changes.first")}</p>
          )}
        </section>
      )}
      <Preview formId={formId} content={content} stepId={place[0]} beforehand={flush} />
    </Page>
  );
}

function About({ form }: { form: EditedForm }) {
  const t = useWords();
  const { id, version, changedAt, changedBy, uses } = form.data;
  return (
    <span className="pv-small pv-muted">
      {[
        version === undefined ? undefined : t("builder:list.version", { version }),
        changedAt === undefined
          ? undefined
          : t("editing:about.changed", {
              at: formatDateTime(changedAt, currentLanguage()),
              by: changedBy ?? "",
            }),
        uses.length === 0
          ? t("builder:list.unused")
          : t("builder:list.uses", { services: uses.map((use) => use.title).join(", ") }),
      ]
        .filter(Boolean)
        .join(" · ")}
      {version !== undefined && (
        <>
          {" · "}
          <Link to="/redaktion/formulare/$formId/fassungen" params={{ formId: id }}>
            {t("editing:versions.short")}
          </Link>
        </>
      )}
    </span>
  );
}

/** What keeps the form from being released, or what somebody should still see to, each a link to its question. */
function Problems({
  severity,
  findings,
  title,
  onChoose,
}: {
  severity: Finding["severity"];
  findings: Finding[];
  title: (finding: Finding) => string;
  onChoose: (finding: Finding) => void;
}) {
  const t = useWords();
  if (findings.length === 0) return null;
  const error = severity === "error";
  return (
    <Alert
      kind={error ? "warning" : "info"}
      title={t(error ? "builder:problems" : "builder:remarks", { count: findings.length })}
    >
      <ul className="pv-bullets">
        {findings.map((finding) => (
          <li key={finding.pointer + finding.code + finding.message}>
            <a
              href="#settings-title"
              onClick={(event) => {
                event.preventDefault();
                onChoose(finding);
              }}
            >
              {[title(finding), finding.message].filter((part) => part !== "").join(": ")}
            </a>
          </li>
        ))}
      </ul>
    </Alert>
  );
}
