import { lazy, Suspense, useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { useAction } from "../../../ui/useAction";

const DeviceDialog = lazy(() => import("./DeviceDialog"));

/** Offers to go on with a draft on another device. `save` saves what is not saved yet, and says whether everything is. */
export function AnotherDevice({
  applicationId,
  save,
}: {
  applicationId: string;
  save: () => Promise<boolean>;
}) {
  const t = useWords();
  const [open, setOpen] = useState<{ saved: boolean }>();
  const show = useAction(async () => setOpen({ saved: await save() }));
  return (
    <div className="pv-no-print">
      <Button variant="tertiary" small busy={show.busy} onClick={show.run}>
        {t("applications:device.button")}
      </Button>
      {open && (
        <Suspense>
          <DeviceDialog applicationId={applicationId} saved={open.saved} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </div>
  );
}
