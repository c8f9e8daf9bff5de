import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { accessesQuery, objectToAccess } from "../api";

/** Objects to what an authority does with an application. */
export function ObjectButton({ access }: { access: Schemas["Access"] }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const send = useAction(async () => {
    await objectToAccess(access.id, text.trim());
    setOpen(false);
    await queryClient.invalidateQueries({ queryKey: accessesQuery.queryKey });
    status(t("account:accesses.objectDone"));
  });
  const empty = text.trim() === "";
  return (
    <div>
      <Button variant="secondary" small onClick={() => setOpen(true)}>
        {t("account:accesses.object")}
        <span className="pv-hidden">
          : {access.who}, {access.purpose}
        </span>
      </Button>
      <Dialog
        open={open}
        title={t("account:accesses.objectTitle")}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setOpen(false)}>
              {t("common:cancel")}
            </Button>
            <Button
              busy={send.busy}
              onClick={() => {
                setMissing(empty);
                if (!empty) send.run();
              }}
            >
              {t("account:accesses.objectSend")}
            </Button>
          </>
        }
      >
        <div className="pv-stack pv-stack--medium">
          <p>{t("account:accesses.objectText", { who: access.who })}</p>
          {send.error !== undefined && <ErrorState error={send.error} />}
          <TextArea
            id={`object-${access.id}`}
            label={t("account:accesses.objectLabel")}
            error={missing && empty ? t("account:accesses.objectMissing") : undefined}
            value={text}
            onChange={setText}
            maxLength={2000}
          />
        </div>
      </Dialog>
    </div>
  );
}
