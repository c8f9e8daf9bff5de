import { useState } from "react";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { FieldFrame } from "../../../ui/fields/FieldParts";
import { useAction } from "../../../ui/useAction";
import { importStatement, type StatementImport } from "../api";
import { useDone } from "./useDone";
import { useMoney } from "./useMoney";

/** Reads an account statement in, and says what was found. */
export function StatementForm() {
  const t = useWords();
  const money = useMoney();
  const done = useDone();
  const [file, setFile] = useState<File>();
  const [missing, setMissing] = useState(false);
  const [found, setFound] = useState<StatementImport>();
  const send = useAction(async () => {
    setMissing(file === undefined);
    if (file === undefined) return;
    setFound(undefined);
    const result = await importStatement(file);
    setFound(result);
    await done(t("treasury:statement.done"));
  });
  const error = missing && file === undefined ? t("treasury:statement.missing") : undefined;
  const field = {
    id: "statement-file",
    label: t("treasury:statement.file"),
    hint: t("treasury:statement.fileHint"),
    error,
  };
  return (
    <form
      className="pv-stack pv-stack--medium pv-text"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send.run();
      }}
    >
      {send.error !== undefined && <ErrorState error={send.error} />}
      <FieldFrame field={field}>
        <input
          id={field.id}
          type="file"
          className="kern-form-input__input"
          accept=".xml,.zip,application/xml,application/zip"
          aria-invalid={error === undefined ? undefined : true}
          aria-describedby={error === undefined ? `${field.id}-hint` : `${field.id}-hint ${field.id}-error`}
          onChange={(event) => setFile(event.target.files?.[0])}
        />
      </FieldFrame>
      <div>
        <Button type="submit" busy={send.busy}>
          {t("treasury:statement.send")}
        </Button>
      </div>
      {found !== undefined && (
        <Alert
          kind={found.taken > found.matched ? "warning" : "success"}
          title={t("treasury:statement.result", { taken: found.taken, matched: found.matched })}
        >
          <p>
            {t("treasury:statement.resultText", {
              entries: found.entries,
              credits: money(found.credits),
              debits: money(found.debits),
            })}
          </p>
        </Alert>
      )}
    </form>
  );
}
