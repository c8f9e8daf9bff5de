import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem } from "../../../api/problem";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { formatBytes } from "../../../lib/money";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Declaration } from "../../../ui/fields/ChoiceFields";
import { FileField, type PendingFile } from "../../../ui/fields/FileField";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import {
  addDocument,
  deleteDocument,
  documentsQuery,
  mailboxSettingsQuery,
  readDocument,
  restoreDocument,
  setMailboxSettings,
  type SafeDocument,
} from "../api";
import { AccountFrame } from "../parts/AccountFrame";
import { DocumentLabel } from "../parts/DocumentLabel";
import { DocumentPreview } from "../parts/DocumentPreview";

/** The person's documents: put in, look at, label, delete. */
export default function DocumentsPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:documents.title")}>
      <Documents />
    </AccountFrame>
  );
}

function Documents() {
  const t = useWords();
  const { data } = useSuspenseQuery(documentsQuery);
  return (
    <>
      <p>{t("account:documents.text")}</p>
      <Room used={data.usedBytes} quota={data.quotaBytes} />
      <Uploads />
      <KeepDecisions />
      {data.items.length === 0 ? (
        <EmptyState title={t("account:documents.empty")} />
      ) : (
        <section className="pv-stack pv-stack--medium" aria-labelledby="documents">
          <h2 id="documents">{t("account:documents.listTitle")}</h2>
          <ul className="pv-list">
            {data.items.map((document) => (
              <DocumentItem key={document.id} document={document} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Room({ used, quota }: { used: number; quota: number }) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <div className="pv-room">
      <label htmlFor="room" className="pv-small">
        {t("account:documents.room", {
          used: formatBytes(used, language),
          quota: formatBytes(quota, language),
        })}
      </label>
      <progress id="room" value={used} max={quota} />
    </div>
  );
}

/** Whether decisions are put into the safe as they come; counts at once. */
function KeepDecisions() {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const { data } = useSuspenseQuery(mailboxSettingsQuery);
  const [wanted, setWanted] = useState(data.keepDecisions);
  const change = async (keepDecisions: boolean) => {
    setWanted(keepDecisions);
    try {
      queryClient.setQueryData(mailboxSettingsQuery.queryKey, await setMailboxSettings({ keepDecisions }));
      status(t(keepDecisions ? "account:documents.keepOn" : "account:documents.keepOff"));
    } catch (error) {
      setWanted(!keepDecisions);
      status(error instanceof ApiProblem ? error.message : t("error.offlineText"));
    }
  };
  return (
    <Declaration
      id="keep-decisions"
      label={t("account:documents.keep")}
      hint={t("account:documents.keepHint")}
      checked={wanted}
      onChange={(keepDecisions) => void change(keepDecisions)}
    />
  );
}

function Uploads() {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [pending, setPending] = useState<PendingFile[]>([]);
  const change = (key: string, to: Partial<PendingFile>) =>
    setPending((files) => files.map((file) => (file.key === key ? { ...file, ...to } : file)));
  const dismiss = (key: string) => setPending((files) => files.filter((file) => file.key !== key));
  const upload = async (file: File) => {
    const key = crypto.randomUUID();
    setPending((files) => [...files, { key, name: file.name, size: file.size, progress: 0 }]);
    try {
      const added = await addDocument(file, (progress) => change(key, { progress }));
      await queryClient.invalidateQueries({ queryKey: documentsQuery.queryKey });
      dismiss(key);
      status(t("account:documents.added", { name: added.name }));
    } catch (error) {
      change(key, {
        error: error instanceof ApiProblem ? (error.detail ?? error.message) : t("error.offlineText"),
      });
    }
  };
  return (
    <FileField
      id="document"
      label={t("account:documents.add")}
      hint={t("account:documents.addHint")}
      files={[]}
      pending={pending}
      accept="application/pdf,image/jpeg,image/png"
      maxFiles={10}
      language={currentLanguage()}
      onAdd={(files) => {
        void (async () => {
          for (const file of files) await upload(file); // one after the other: each is told of
        })();
      }}
      onRemove={() => undefined}
      onDismiss={dismiss}
    />
  );
}

function DocumentItem({ document }: { document: SafeDocument }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const language = currentLanguage();
  const [editing, setEditing] = useState(false);
  const refresh = () => queryClient.invalidateQueries({ queryKey: documentsQuery.queryKey });
  const restore = async () => {
    try {
      await restoreDocument(document.id);
      await refresh();
      status(t("account:documents.restored", { name: document.name }));
    } catch (error) {
      status(error instanceof ApiProblem ? error.message : t("error.offlineText"));
    }
  };
  const remove = useAction(async () => {
    await deleteDocument(document.id);
    await refresh();
    status(t("account:documents.deleted", { name: document.name }), {
      label: t("account:documents.undo"),
      run: () => void restore(),
    });
  });
  const download = useAction(async () => {
    const url = URL.createObjectURL(await readDocument(document.id));
    const link = window.document.createElement("a");
    link.href = url;
    link.download = document.name;
    link.click();
    URL.revokeObjectURL(url);
  });
  const error = remove.error ?? download.error;
  const hidden = <span className="pv-hidden">: {document.name}</span>;
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h3 className="pv-card-title pv-files__name">{document.name}</h3>
        <Badge>{t(`account:documents.kind.${document.kind}`)}</Badge>
      </div>
      <p className="pv-small pv-muted">
        {t("account:documents.facts", {
          size: formatBytes(document.size, language),
          when: formatDate(document.createdAt.slice(0, 10), language),
        })}
        {document.origin !== undefined &&
          ` · ${t("account:documents.origin", { sender: document.origin.sender, when: formatDate(document.origin.at.slice(0, 10), language) })}`}
        {document.validUntil !== undefined &&
          ` · ${t("account:documents.validUntil", { when: formatDate(document.validUntil, language) })}`}
      </p>
      {document.validUntil !== undefined && hasEnded(document.validUntil) && (
        <div>
          <Badge kind="warning">{t("account:documents.expired")}</Badge>
        </div>
      )}
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-actions pv-actions--beside">
        {document.mediaType !== "application/pdf" && <DocumentPreview document={document} />}
        <Button variant="secondary" small icon="download" busy={download.busy} onClick={download.run}>
          {t("account:documents.download")}
          {hidden}
        </Button>
        <Button variant="secondary" small icon="edit" onClick={() => setEditing(true)}>
          {t("account:documents.edit")}
          {hidden}
        </Button>
        <Button variant="secondary" small icon="delete" busy={remove.busy} onClick={remove.run}>
          {t("account:documents.delete")}
          {hidden}
        </Button>
      </div>
      {editing && <DocumentLabel document={document} onClose={() => setEditing(false)} />}
    </li>
  );
}

function hasEnded(lastDay: string): boolean {
  const today = new Date();
  const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
  return lastDay < day;
}
