import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import type { WordKey } from "../../../i18n/words";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { Loading } from "../../../ui/Loading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { resendMessage, stuckQuery, type StuckMessage } from "../api";
import { Fault } from "./Fault";

const kinds: Record<string, WordKey> = {
  "application.submitted": "administration:association.messages.submitted",
  "application.withdrawn": "administration:association.messages.withdrawn",
  "application.message": "administration:association.messages.message",
  "application.status": "administration:association.messages.status",
  "application.decision": "administration:association.messages.decision",
  "application.accessed": "administration:association.messages.accessed",
  "application.opened": "administration:association.messages.opened",
  "mailbox.message": "administration:association.messages.mailbox",
  "power.ended": "administration:association.messages.power",
  "account.accessed": "administration:association.messages.accessed",
  "account.closed": "administration:association.messages.closed",
  "consent.withdrawn": "administration:association.messages.consent",
};

/** What waits for a portal or was not taken by it, and why; to be opened. */
export function StuckMessages({ portal, name }: { portal: string; name: string }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const stuck = useQuery({ ...stuckQuery(portal), enabled: open });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {t("administration:association.messages.title")}
        <span className="pv-hidden">: {name}</span>
      </summary>
      {stuck.isError && <ErrorState error={stuck.error} />}
      {open && stuck.isPending && <Loading />}
      {stuck.data !== undefined && stuck.data.items.length === 0 && (
        <p>{t("administration:association.messages.none")}</p>
      )}
      <ul className="pv-list">
        {stuck.data?.items.map((message) => (
          <MessageItem key={message.id} message={message} portal={portal} />
        ))}
      </ul>
    </details>
  );
}

function MessageItem({ message, portal }: { message: StuckMessage; portal: string }) {
  const t = useWords();
  const language = currentLanguage();
  const queryClient = useQueryClient();
  const status = useStatus();
  const again = useAction(async () => {
    await resendMessage(message.id);
    status(t("administration:association.messages.resent"));
    await queryClient.invalidateQueries({ queryKey: stuckQuery(portal).queryKey });
  });
  const kind = kinds[message.kind];
  const waits = message.state === "queued";
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h4 className="pv-card-title">{kind === undefined ? message.kind : t(kind)}</h4>
        <Badge kind={waits ? "info" : "warning"}>
          {t(
            waits
              ? "administration:association.messages.queued"
              : message.state === "parked"
                ? "administration:association.messages.parked"
                : "administration:association.messages.refused",
          )}
        </Badge>
      </div>
      <Facts
        items={[
          {
            id: "reason",
            label: t("administration:association.messages.reason"),
            value: message.lastError === undefined ? "–" : <Fault fault={message.lastError} />,
          },
          {
            id: "created",
            label: t("administration:association.messages.created"),
            value: formatDateTime(message.createdAt, language),
          },
          {
            id: "attempts",
            label: t("administration:association.messages.attempts"),
            value: message.attempts,
          },
          ...(message.nextAt === undefined
            ? []
            : [
                {
                  id: "next",
                  label: t("administration:association.messages.next"),
                  value: formatDateTime(message.nextAt, language),
                },
              ]),
        ]}
      />
      {again.error !== undefined && <ErrorState error={again.error} />}
      {!waits && (
        <div className="pv-actions">
          <Button variant="secondary" small busy={again.busy} onClick={again.run}>
            {t("administration:association.messages.resend")}
          </Button>
        </div>
      )}
    </li>
  );
}
