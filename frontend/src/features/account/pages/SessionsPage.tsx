import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { endSession, sessionsQuery } from "../api";
import { AccountFrame } from "../parts/AccountFrame";

/** Where the person is signed in, and a way to end each of it. */
export default function SessionsPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:sessions.title")}>
      <Sessions />
    </AccountFrame>
  );
}

function Sessions() {
  const t = useWords();
  const { data } = useSuspenseQuery(sessionsQuery);
  return (
    <>
      <p>{t("account:sessions.text")}</p>
      <ul className="pv-list">
        {data.items.map((session) => (
          <SessionItem key={session.id} session={session} />
        ))}
      </ul>
    </>
  );
}

function SessionItem({ session }: { session: Schemas["SessionInfo"] }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const language = currentLanguage();
  const end = useAction(async () => {
    await endSession(session.id);
    await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    status(t("account:sessions.ended"));
  });
  const browser = session.browser ?? t("account:sessions.unknownBrowser");
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h2 className="pv-card-title">{browser}</h2>
        {session.current && <Badge kind="success">{t("account:sessions.current")}</Badge>}
      </div>
      <p className="pv-small pv-muted">
        {t("account:sessions.times", {
          created: formatDateTime(session.createdAt, language),
          seen: formatDateTime(session.lastSeenAt, language),
        })}
      </p>
      {session.trustLevel !== undefined && (
        <p className="pv-small pv-muted">
          {t("account:sessions.level", { level: t(`account:identities.level.${session.trustLevel}`) })}
          {session.actsFor !== undefined &&
            ` · ${t("account:sessions.actsFor", { organisation: session.actsFor.name })}`}
        </p>
      )}
      {end.error !== undefined && <ErrorState error={end.error} />}
      {!session.current && (
        <div>
          <Button variant="secondary" busy={end.busy} onClick={end.run}>
            {t("account:sessions.end")}
            <span className="pv-hidden">: {browser}</span>
          </Button>
        </div>
      )}
    </li>
  );
}
