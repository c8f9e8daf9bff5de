import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatBytes } from "../../../lib/money";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Declaration } from "../../../ui/fields/ChoiceFields";
import { FieldFrame } from "../../../ui/fields/FieldParts";
import { useAction } from "../../../ui/useAction";
import { uploadRun } from "../api";

/** The largest file that the portal takes, in bytes. */
const mostBytes = 2 * 1024 ** 3;

/** A file of this device becomes a run; who sent it is led there. */
export function UploadForm() {
  const t = useWords();
  const navigate = useNavigate();
  const [file, setFile] = useState<File>();
  const [dryRun, setDryRun] = useState(true);
  const [complete, setComplete] = useState(false);
  const [missing, setMissing] = useState(false);
  const [sent, setSent] = useState<number>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const tooLarge = file !== undefined && file.size > mostBytes;
  const send = useAction(async (key) => {
    setMissing(file === undefined);
    if (file === undefined || tooLarge) return;
    abort.current = new AbortController();
    setSent(0);
    try {
      const run = await uploadRun(file, key, { dryRun, complete }, setSent, abort.current.signal);
      await navigate({ to: "/redaktion/quellen/laeufe/$runId", params: { runId: run.id } });
    } catch (problem) {
      if (problem instanceof DOMException && problem.name === "AbortError") return;
      throw problem;
    } finally {
      setSent(undefined);
    }
  });
  const field = {
    id: "import-file",
    label: t("sources:upload.file"),
    hint: t("sources:upload.fileHint"),
    error:
      missing && file === undefined
        ? t("sources:upload.missing")
        : tooLarge
          ? t("sources:upload.tooLarge")
          : undefined,
  };
  const percent = Math.floor((sent ?? 0) * 100);
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
          accept=".xml,.zip,.jsonl,.ndjson,.json,application/xml,application/zip"
          disabled={send.busy}
          aria-invalid={field.error ? true : undefined}
          aria-describedby={field.error ? `${field.id}-hint ${field.id}-error` : `${field.id}-hint`}
          onChange={(event) => setFile(event.target.files?.[0])}
        />
      </FieldFrame>
      <Declaration
        id="import-dry"
        label={t("sources:upload.dryRun")}
        hint={t("sources:upload.dryRunHint")}
        checked={dryRun}
        onChange={setDryRun}
      />
      <Declaration
        id="import-complete"
        label={t("sources:upload.complete")}
        hint={t("sources:upload.completeHint")}
        checked={complete}
        onChange={setComplete}
      />
      {sent !== undefined && file !== undefined && (
        <div className="pv-stack pv-stack--small">
          <progress className="pv-progress" value={sent} max={1} aria-label={t("sources:upload.progress")} />
          <p className="pv-small">
            {sent < 1
              ? t("sources:upload.sent", { percent, size: formatBytes(file.size, currentLanguage()) })
              : t("sources:upload.arrived")}
          </p>
        </div>
      )}
      <div className="pv-row">
        <Button type="submit" busy={send.busy}>
          {t(dryRun ? "sources:upload.check" : "sources:upload.import")}
        </Button>
        {send.busy && (
          <Button variant="secondary" onClick={() => abort.current?.abort()}>
            {t("cancel")}
          </Button>
        )}
      </div>
    </form>
  );
}
