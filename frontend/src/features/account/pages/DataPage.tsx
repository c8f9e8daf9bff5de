import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { deleteAccount, deletionQuery, exportAccount, keepAccount } from "../api";
import { AccountFrame } from "../parts/AccountFrame";
import { ProofCancelled, useProof } from "../parts/useProof";

/** Taking all data along, and deleting the account. */
export default function DataPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:data.title")}>
      <Export />
      <Deletion />
    </AccountFrame>
  );
}

/** A change that may ask for a proof first; cancelling it is no error. */
function useProved(change: () => Promise<void>) {
  return useAction(async () => {
    try {
      await change();
    } catch (error) {
      if (!(error instanceof ProofCancelled)) throw error;
    }
  });
}

function Export() {
  const t = useWords();
  const status = useStatus();
  const { proved, dialog } = useProof();
  const download = async (format: "json" | "html" | "zip") => {
    const file = await proved(() => exportAccount(format));
    const url = URL.createObjectURL(file);
    const link = document.createElement("a");
    link.href = url;
    link.download = `${t("account:data.fileName")}.${format}`;
    link.click();
    URL.revokeObjectURL(url);
    status(t("account:data.exported"));
  };
  const html = useProved(() => download("html"));
  const json = useProved(() => download("json"));
  const zip = useProved(() => download("zip"));
  const error = html.error ?? json.error ?? zip.error;
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="export">
      <h2 id="export">{t("account:data.exportTitle")}</h2>
      <p>{t("account:data.exportText")}</p>
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-actions">
        <Button variant="secondary" icon="download" busy={html.busy} onClick={html.run}>
          {t("account:data.exportHtml")}
        </Button>
        <Button variant="secondary" icon="download" busy={json.busy} onClick={json.run}>
          {t("account:data.exportJson")}
        </Button>
        <Button variant="secondary" icon="download" busy={zip.busy} onClick={zip.run}>
          {t("account:data.exportZip")}
        </Button>
      </div>
      {dialog}
    </section>
  );
}

function Deletion() {
  const t = useWords();
  const { data: deletion } = useSuspenseQuery(deletionQuery);
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="deletion">
      <h2 id="deletion">{t("account:data.deleteTitle")}</h2>
      {deletion.state === "scheduled" ? (
        <Scheduled dueAt={deletion.dueAt ?? ""} />
      ) : (
        <>
          <Consequences deletion={deletion} />
          <DeleteForm />
        </>
      )}
    </section>
  );
}

function Scheduled({ dueAt }: { dueAt: string }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const keep = useAction(async () => {
    await keepAccount();
    await queryClient.invalidateQueries({ queryKey: deletionQuery.queryKey });
    status(t("account:data.keptAccount"));
  });
  return (
    <Alert
      kind="warning"
      level={3}
      title={t("account:data.scheduledTitle", { when: formatDate(dueAt, currentLanguage()) })}
    >
      <p>{t("account:data.scheduledText")}</p>
      {keep.error !== undefined && <ErrorState error={keep.error} />}
      <div>
        <Button variant="secondary" busy={keep.busy} onClick={keep.run}>
          {t("account:data.keep")}
        </Button>
      </div>
    </Alert>
  );
}

function Consequences({ deletion }: { deletion: Schemas["Deletion"] }) {
  const t = useWords();
  const { openApplications: open, jointDrafts, portals = [] } = deletion;
  return (
    <>
      <p>{t("account:data.deleteText")}</p>
      <ul>
        {open.length > 0 && (
          <li>
            {t("account:data.open")}
            <ul>
              {open.map((name) => (
                <li key={name}>{name}</li>
              ))}
            </ul>
          </li>
        )}
        <li>{t("account:data.drafts", { count: deletion.drafts })}</li>
        <li>{t("account:data.applications", { count: deletion.applications })}</li>
        {jointDrafts.length > 0 && (
          <li>
            {t("account:data.jointDrafts", { count: jointDrafts.length })}
            <ul>
              {jointDrafts.map((name, index) => (
                <li key={`${name} ${String(index)}`}>{name}</li>
              ))}
            </ul>
          </li>
        )}
        {deletion.jointApplications > 0 && (
          <li>{t("account:data.jointApplications", { count: deletion.jointApplications })}</li>
        )}
        <li>{t("account:data.messages", { count: deletion.messages })}</li>
        <li>{t("account:data.documents")}</li>
        {portals.length > 0 && <li>{t("account:data.portals", { names: portals.join(", ") })}</li>}
      </ul>
      <h3>{t("account:data.kept")}</h3>
      <ul>
        {deletion.kept.map((item) => (
          <li key={item}>{t(`account:data.keptItem.${item}`)}</li>
        ))}
      </ul>
    </>
  );
}

function DeleteForm() {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const { proved, dialog } = useProof();
  const [when, setWhen] = useState("");
  const [missing, setMissing] = useState(false);
  const [asking, setAsking] = useState(false);
  const send = useProved(async () => {
    setAsking(false);
    const done = await proved(() => deleteAccount(when === "now" ? "now" : "later"));
    if (when === "now") {
      window.location.assign("/");
      return;
    }
    queryClient.setQueryData(deletionQuery.queryKey, done);
    status(t("account:data.scheduled"));
  });
  return (
    <>
      {send.error !== undefined && <ErrorState error={send.error} />}
      <Radios
        id="delete-when"
        label={t("account:data.whenLabel")}
        error={missing && when === "" ? t("account:data.whenMissing") : undefined}
        options={[
          { value: "later", label: t("account:data.later") },
          { value: "now", label: t("account:data.now") },
        ]}
        value={when}
        onChange={setWhen}
      />
      <div>
        <Button
          variant="secondary"
          icon="delete"
          busy={send.busy}
          onClick={() => {
            setMissing(when === "");
            setAsking(when !== "");
          }}
        >
          {t("account:data.delete")}
        </Button>
      </div>
      <Dialog
        open={asking}
        title={t("account:data.confirmTitle")}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t("common:cancel")}
            </Button>
            <Button onClick={send.run}>{t("account:data.confirm")}</Button>
          </>
        }
      >
        <p>{when === "now" ? t("account:data.confirmNow") : t("account:data.confirmLater")}</p>
      </Dialog>
      {dialog}
    </>
  );
}
