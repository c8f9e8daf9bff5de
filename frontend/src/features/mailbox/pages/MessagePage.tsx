import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { formatBytes } from "../../../lib/money";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { AnchorButton, Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { deleteMessage, keepMessage, mailboxQuery, messageQuery, type MailboxMessage } from "../api";

const route = getRouteApi("/citizen/personal/postfach/$messageId");

/** One message. */
export default function MessagePage() {
  const t = useWords();
  const { messageId } = route.useParams();
  const { data: message } = useSuspenseQuery(messageQuery(messageId));
  return (
    <Page narrow>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          { id: "list", link: <Link to="/postfach">{t("mailbox:title")}</Link> },
          { id: "this", link: message.subject },
        ]}
      />
      <div className="pv-stack pv-stack--small">
        <PageHeading title={message.subject} />
        <p className="pv-muted">
          {message.sender} · {formatDateTime(message.at, currentLanguage())}
        </p>
      </div>
      <p className="pv-pre-line">{message.text}</p>
      <Documents message={message} />
      <InSafe message={message} />
      <div className="pv-actions">
        {message.link !== undefined && (
          <AnchorButton href={message.link}>{t("mailbox:toApplication")}</AnchorButton>
        )}
        {message.safe?.state !== "fetching" && <KeepButton messageId={messageId} />}
        <DeleteButton message={message} />
      </div>
    </Page>
  );
}

/** The files that came with the message, and where each of them is. */
function Documents({ message }: { message: MailboxMessage }) {
  const t = useWords();
  const { documents, safe } = message;
  if (documents === undefined) return null;
  const kept = safe?.state === "kept" || safe?.state === "fetching";
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="documents">
      <h2 id="documents">{t("mailbox:documents")}</h2>
      <ul className="pv-bullets">
        {documents.map((file) => (
          <li key={file.id}>
            {file.name} ({formatBytes(file.size, currentLanguage())}):{" "}
            <span className="pv-muted">
              {safe?.missing?.includes(file.id) === true
                ? t("mailbox:fetching")
                : t(kept ? "mailbox:inSafe" : "mailbox:withApplication")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What became of the message in the documents safe; changes by itself. */
function InSafe({ message }: { message: MailboxMessage }) {
  const t = useWords();
  const state = message.safe?.state;
  return (
    <div role="status" className="pv-stack pv-stack--small">
      {state !== undefined && (
        <>
          <p>{t(`mailbox:safe.${state}`)}</p>
          <p>
            <Link to="/konto/dokumente">{t("mailbox:toSafe")}</Link>
          </p>
        </>
      )}
    </div>
  );
}

/** Keeps the message as a document. */
function KeepButton({ messageId }: { messageId: string }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const keep = useAction(async () => {
    await keepMessage(messageId);
    status(t("mailbox:kept"));
    await queryClient.invalidateQueries({ queryKey: messageQuery(messageId).queryKey });
  });
  return (
    <>
      <Button variant="secondary" busy={keep.busy} onClick={keep.run}>
        {t("mailbox:keep")}
      </Button>
      {keep.error !== undefined && <ErrorState error={keep.error} />}
    </>
  );
}

function DeleteButton({ message }: { message: MailboxMessage }) {
  const messageId = message.id;
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const status = useStatus();
  const [open, setOpen] = useState(false);
  const remove = useAction(async () => {
    await deleteMessage(messageId);
    setOpen(false);
    status(t("mailbox:deleted"));
    await navigate({ to: "/postfach" });
    queryClient.removeQueries({ queryKey: messageQuery(messageId).queryKey });
    await queryClient.invalidateQueries({ queryKey: mailboxQuery.queryKey, exact: true });
  });
  return (
    <>
      <Button variant="secondary" icon="delete" onClick={() => setOpen(true)}>
        {t("mailbox:delete")}
      </Button>
      <Dialog
        open={open}
        title={t("mailbox:deleteTitle")}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setOpen(false)}>
              {t("common:cancel")}
            </Button>
            <Button busy={remove.busy} onClick={remove.run}>
              {t("mailbox:delete")}
            </Button>
          </>
        }
      >
        <p>{t("mailbox:deleteText")}</p>
        {message.safe?.state === "fetching" && <p>{t("mailbox:deleteFetching")}</p>}
        {remove.error !== undefined && <ErrorState error={remove.error} />}
      </Dialog>
    </>
  );
}
