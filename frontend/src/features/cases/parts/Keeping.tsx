import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { caseFileAddress, caseQuery, holdCase, type Case } from "../api";

const longest = 500;

/** When a case is deleted, and what keeps it. */
export function Keeping({ item }: { item: Case }) {
  const t = useWords();
  const client = useQueryClient();
  const status = useStatus();
  const [asking, setAsking] = useState(false);
  const took = (changed: Case, words: string) => {
    client.setQueryData(caseQuery(item.id).queryKey, changed);
    setAsking(false);
    status(words);
  };
  const end = useAction(async () => took(await holdCase(item.id), t("cases:keep.ended")));
  const { hold, deleteOn } = item;
  const language = currentLanguage();
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("cases:keep.title")}</h2>
      {hold !== undefined ? (
        <>
          <p>
            <strong>{t("cases:keep.held")}</strong>
          </p>
          <p className="pv-small">
            {t("cases:keep.heldBy", {
              name: hold.by || t("cases:page.formerly"),
              when: formatDateTime(hold.at, language),
              reason: hold.reason,
            })}
          </p>
        </>
      ) : (
        deleteOn !== undefined && (
          <dl className="pv-facts pv-facts--narrow">
            <div>
              <dt>{t("cases:keep.deleteOn")}</dt>
              <dd>{formatDate(deleteOn, language)}</dd>
            </div>
          </dl>
        )
      )}
      <p>
        <a href={caseFileAddress(item.id)} download>
          {t("cases:keep.export")}
        </a>
      </p>
      <div className="pv-actions">
        <Button variant="tertiary" small onClick={() => setAsking(true)}>
          {t(hold === undefined ? "cases:keep.hold" : "cases:keep.change")}
        </Button>
        {hold !== undefined && (
          <Button variant="tertiary" small busy={end.busy} onClick={end.run}>
            {t("cases:keep.end")}
          </Button>
        )}
      </div>
      {end.error !== undefined && <ErrorState error={end.error} />}
      {asking && (
        <HoldDialog
          before={hold?.reason ?? ""}
          onClose={() => setAsking(false)}
          onSave={async (reason) => took(await holdCase(item.id, reason), t("cases:keep.set"))}
        />
      )}
    </section>
  );
}

function HoldDialog({
  before,
  onClose,
  onSave,
}: {
  before: string;
  onClose: () => void;
  onSave: (reason: string) => Promise<void>;
}) {
  const t = useWords();
  const [reason, setReason] = useState(before);
  const [asked, setAsked] = useState(false);
  const missing = reason.trim().length < 3;
  const save = useAction(() => onSave(reason.trim()));
  return (
    <FormDialog
      title={t("cases:keep.holdTitle")}
      button={t("cases:keep.save")}
      busy={save.busy}
      error={save.error}
      onSubmit={() => {
        setAsked(true);
        if (missing) document.getElementById("hold-reason")?.focus();
        else save.run();
      }}
      onClose={onClose}
    >
      <p>{t("cases:keep.holdText")}</p>
      <TextArea
        id="hold-reason"
        label={t("cases:keep.reason")}
        hint={t("cases:keep.reasonHint")}
        error={asked && missing ? t("cases:keep.reasonMissing") : undefined}
        maxLength={longest}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}
