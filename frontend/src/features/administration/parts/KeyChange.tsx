import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Declaration, Radios } from "../../../ui/fields/ChoiceFields";
import { useAction } from "../../../ui/useAction";
import { rotateKeys } from "../api";
import { useDone } from "./useDone";

/** Changes the portal's keys by hand, after saying what happens then. */
export function KeyChange() {
  const t = useWords();
  const done = useDone();
  const [open, setOpen] = useState(false);
  const [use, setUse] = useState("messages");
  const [atOnce, setAtOnce] = useState(false);
  const action = useAction(async () => {
    await rotateKeys(use === "federation" ? "federation" : "messages", atOnce);
    setOpen(false);
    setAtOnce(false);
    await done(t("administration:association.keys.changed"));
  });
  const title = t("administration:association.keys.change");
  return (
    <>
      <div className="pv-actions">
        <Button variant="secondary" small onClick={() => setOpen(true)}>
          {title}
        </Button>
      </div>
      {open && (
        <Dialog
          open
          title={title}
          onClose={() => setOpen(false)}
          actions={
            <>
              <Button variant="secondary" onClick={() => setOpen(false)}>
                {t("cancel")}
              </Button>
              <Button busy={action.busy} onClick={action.run}>
                {t(
                  atOnce
                    ? "administration:association.keys.changeAtOnce"
                    : "administration:association.keys.changeNow",
                )}
              </Button>
            </>
          }
        >
          {action.error !== undefined && <ErrorState error={action.error} />}
          <Radios
            id="key-use"
            label={t("administration:association.keys.which")}
            options={[
              { value: "messages", label: t("administration:association.keys.ofMessages") },
              { value: "federation", label: t("administration:association.keys.ofFederation") },
            ]}
            value={use}
            onChange={setUse}
          />
          <Declaration
            id="key-at-once"
            label={t("administration:association.keys.known")}
            checked={atOnce}
            onChange={setAtOnce}
          />
          <p aria-live="polite">
            {t(
              atOnce
                ? use === "federation"
                  ? "administration:association.keys.effectAtOnceFederation"
                  : "administration:association.keys.effectAtOnce"
                : "administration:association.keys.effect",
            )}
          </p>
        </Dialog>
      )}
    </>
  );
}
