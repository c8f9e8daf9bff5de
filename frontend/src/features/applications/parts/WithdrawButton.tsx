import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { keepApplication, withdrawApplication } from "../api";

/** Withdraws an application, after asking back. */
export function WithdrawButton({ applicationId }: { applicationId: string }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [open, setOpen] = useState(false);
  const withdraw = useAction(async (key) => {
    keepApplication(queryClient, await withdrawApplication(applicationId, key));
    setOpen(false);
    status(t("applications:withdraw.done"));
  });
  return (
    <div className="pv-no-print">
      <Button variant="secondary" onClick={() => setOpen(true)}>
        {t("applications:withdraw.button")}
      </Button>
      <Dialog
        open={open}
        title={t("applications:withdraw.title")}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setOpen(false)}>
              {t("common:cancel")}
            </Button>
            <Button busy={withdraw.busy} onClick={withdraw.run}>
              {t("applications:withdraw.confirm")}
            </Button>
          </>
        }
      >
        <p>{t("applications:withdraw.text")}</p>
        {withdraw.error !== undefined && <ErrorState error={withdraw.error} />}
      </Dialog>
    </div>
  );
}
