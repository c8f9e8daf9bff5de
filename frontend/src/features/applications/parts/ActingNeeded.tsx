import { useQueryClient } from "@tanstack/react-query";
import { startActing, stopActing } from "../../../api/acting";
import type { Schemas } from "../../../api/client";
import { ApiProblem } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import type { Application } from "../api";
import { DiscardButton } from "./DiscardButton";

/** For whom a draft is, where that is somebody else: what a helper has handed over is the person's own. */
export function actedFor({ actsFor, mine }: Application): Schemas["ActsFor"] | undefined {
  return mine === false ? actsFor : undefined;
}

/** Whether the session acts for the one whom a draft is for. */
export function actsRightly(application: Application, session: Schemas["Session"]): boolean {
  return session.acting?.powerId === actedFor(application)?.powerId;
}

/** Instead of the form: the draft is for somebody else than the session acts for, and how to switch. */
export function ActingNeeded({
  application,
  session,
}: {
  application: Application;
  session: Schemas["Session"];
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const other = actedFor(application);
  const change = useAction(() =>
    other?.powerId === undefined ? stopActing(queryClient) : startActing(queryClient, other.powerId),
  );
  const gone = change.error instanceof ApiProblem && change.error.code === "power-unknown";
  const name = other?.name ?? session.acting?.name ?? "";
  return (
    <Page narrow>
      <PageHeading title={application.serviceTitle} />
      {gone ? (
        <Alert kind="danger" live title={t("applications:acting.goneTitle", { name })}>
          <p>{t("applications:acting.goneText")}</p>
        </Alert>
      ) : (
        <Alert
          kind="info"
          title={t(other ? "applications:acting.otherTitle" : "applications:acting.ownTitle", { name })}
        >
          <p>{t(other ? "applications:acting.otherText" : "applications:acting.ownText", { name })}</p>
          {change.error !== undefined && <ErrorState error={change.error} />}
          <div>
            <Button busy={change.busy} onClick={change.run}>
              {other ? t("applications:acting.otherAct", { name }) : t("common:acting.back")}
            </Button>
          </div>
        </Alert>
      )}
      <div>
        <DiscardButton applicationId={application.id} onDiscard={() => undefined} />
      </div>
    </Page>
  );
}
