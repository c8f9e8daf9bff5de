import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { applicationQuery, deleteDraft } from "../api";

/** Deletes a draft with its files, after asking back. `onDiscard` runs before, so that nothing is saved any more. */
export function DiscardButton({
  applicationId,
  onDiscard,
}: {
  applicationId: string;
  onDiscard: () => void;
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const status = useStatus();
  const [open, setOpen] = useState(false);
  const discard = useAction(async () => {
    onDiscard();
    await deleteDraft(applicationId);
    status(t("applications:discard.done"));
    await navigate({ to: "/antraege" });
    queryClient.removeQueries({ queryKey: applicationQuery(applicationId).queryKey });
    await queryClient.invalidateQueries({ queryKey: ["applications"] });
  });
  return (
    <>
      <Button variant="tertiary" onClick={() => setOpen(true)}>
        {t("applications:discard.button")}
      </Button>
      <Dialog
        open={open}
        title={t("applications:discard.title")}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setOpen(false)}>
              {t("common:cancel")}
            </Button>
            <Button busy={discard.busy} onClick={discard.run}>
              {t("applications:discard.confirm")}
            </Button>
          </>
        }
      >
        <p>{t("applications:discard.text")}</p>
        {discard.error !== undefined && <ErrorState error={discard.error} />}
      </Dialog>
    </>
  );
}
