import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import {
  addSynonym,
  changeSynonym,
  synonymsQuery,
  trySynonym,
  type Effect,
  type Sides,
  type Synonym,
} from "../api";
import { EffectTable } from "./EffectTable";

const split = (text: string) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Adds a synonym, or changes one; what it would change can be looked at before. */
export function SynonymForm({
  edited,
  words = "",
  onDone,
}: {
  edited: Synonym | undefined;
  /** What people say, where that is known already. */
  words?: string;
  onDone: () => void;
}) {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const [says, setSays] = useState(edited?.says.join(", ") ?? words);
  const [means, setMeans] = useState(edited?.means.join(", ") ?? "");
  const [effects, setEffects] = useState<Effect[]>();
  const errors = useFormErrors();

  const checked = (): Sides | undefined => {
    const sides = { says: split(says), means: split(means) };
    const missing = [
      ...(sides.says.length === 0 ? [{ fieldId: "says", message: t("search:form.saysMissing") }] : []),
      ...(sides.means.length === 0 ? [{ fieldId: "means", message: t("search:form.meansMissing") }] : []),
    ];
    return errors.show(missing) ? sides : undefined;
  };
  /** What is wrong with one of several words stands at the field with all of them. */
  const explain = (problem: unknown) => {
    if (!(problem instanceof ApiProblem) || problem.errors.length === 0) throw problem;
    errors.show(
      problem.errors.map(({ pointer, message }) => ({
        fieldId: pointer.startsWith("/means") ? "means" : "says",
        message,
      })),
    );
  };
  const look = useAction(async () => {
    const sides = checked();
    if (!sides) return;
    try {
      setEffects((await trySynonym(sides, edited?.id)).items);
    } catch (problem) {
      explain(problem);
    }
  });
  const save = useAction(async (key) => {
    const sides = checked();
    if (!sides) return;
    try {
      await (edited ? changeSynonym(edited, sides) : addSynonym(sides, key));
    } catch (problem) {
      explain(problem);
      return;
    }
    await queryClient.invalidateQueries({ queryKey: synonymsQuery.queryKey });
    setSays("");
    setMeans("");
    setEffects(undefined);
    status(t("search:form.saved"));
    onDone();
  });
  const error: unknown = save.error ?? look.error;
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {error !== undefined && <ErrorState error={error} />}
      <TextField
        id="says"
        label={t("search:form.says")}
        hint={t("search:form.saysHint")}
        value={says}
        onChange={setSays}
        error={errors.of("says")}
      />
      <TextField
        id="means"
        label={t("search:form.means")}
        hint={t("search:form.meansHint")}
        value={means}
        onChange={setMeans}
        error={errors.of("means")}
      />
      <div className="pv-actions">
        <Button type="submit" icon={edited ? "check" : "add"} busy={save.busy}>
          {t(edited ? "search:form.change" : "search:form.add")}
        </Button>
        <Button variant="secondary" icon="search" busy={look.busy} onClick={look.run}>
          {t("search:form.preview")}
        </Button>
        {edited && (
          <Button variant="tertiary" onClick={onDone}>
            {t("common:cancel")}
          </Button>
        )}
      </div>
      <div role="status">{effects && <EffectTable effects={effects} />}</div>
    </form>
  );
}
