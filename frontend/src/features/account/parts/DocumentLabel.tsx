import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { DateField } from "../../../ui/fields/DateField";
import { TextField } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { changeDocument, documentsQuery, type SafeDocument } from "../api";

const kinds = [
  "identity",
  "certificate",
  "income",
  "insurance",
  "qualification",
  "contract",
  "notice",
  "photo",
  "other",
] as const satisfies SafeDocument["kind"][];

/** Whether there is such a day. */
function isDate(value: string): boolean {
  const at = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === value;
}

/** What a document is called, what it is, and until when it is valid. */
export function DocumentLabel({ document, onClose }: { document: SafeDocument; onClose: () => void }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [name, setName] = useState(document.name);
  const [kind, setKind] = useState<SafeDocument["kind"]>(document.kind);
  const [validUntil, setValidUntil] = useState(document.validUntil ?? "");
  const [tried, setTried] = useState(false);
  const nameMissing = name.trim() === "";
  const dateWrong = validUntil !== "" && !isDate(validUntil);
  const save = useAction(async () => {
    await changeDocument(document.id, {
      name: name.trim(),
      kind,
      ...(validUntil === "" ? {} : { validUntil }),
    });
    await queryClient.invalidateQueries({ queryKey: documentsQuery.queryKey });
    status(t("account:documents.changed"));
    onClose();
  });
  return (
    <Dialog
      open
      title={t("account:documents.editTitle")}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("common:cancel")}
          </Button>
          <Button
            busy={save.busy}
            onClick={() => {
              setTried(true);
              if (!nameMissing && !dateWrong) save.run();
            }}
          >
            {t("account:documents.save")}
          </Button>
        </>
      }
    >
      <div className="pv-stack pv-stack--medium">
        {save.error !== undefined && <ErrorState error={save.error} />}
        <TextField
          id="document-name"
          label={t("account:documents.name")}
          error={tried && nameMissing ? t("account:documents.nameMissing") : undefined}
          value={name}
          onChange={setName}
        />
        <Select
          id="document-kind"
          label={t("account:documents.kindLabel")}
          options={kinds.map((value) => ({ value, label: t(`account:documents.kind.${value}`) }))}
          value={kind}
          onChange={(value) => setKind(kinds.find((known) => known === value) ?? "other")}
        />
        <DateField
          id="document-valid"
          label={t("account:documents.validLabel")}
          hint={t("account:documents.validHint")}
          error={tried && dateWrong ? t("account:documents.validWrong") : undefined}
          value={validUntil}
          onChange={setValidUntil}
          optional
        />
      </div>
    </Dialog>
  );
}
