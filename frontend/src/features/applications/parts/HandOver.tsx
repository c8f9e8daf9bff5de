import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { handOverDraft } from "../api";
import type { Draft } from "./useDraft";

/** A helper's last step: the person checks the draft and submits it themselves. */
export function HandOver({
  applicationId,
  name,
  work,
}: {
  applicationId: string;
  name: string;
  work: Draft;
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const status = useStatus();
  const give = useAction(async (key) => {
    if (!(await work.flush())) return;
    work.stopSaving();
    await handOverDraft(applicationId, key);
    status(t("applications:acting.handedOver"));
    await navigate({ to: "/antraege", replace: true });
    await queryClient.invalidateQueries({ queryKey: ["applications"] });
  });
  return (
    <>
      {give.error !== undefined && <ErrorState error={give.error} />}
      <Button busy={give.busy} onClick={give.run}>
        {t("applications:acting.handOver", { name })}
      </Button>
    </>
  );
}
