import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDay } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { beginOneTimeCodes, removeOneTimeCodes, replaceRecoveryCodes } from "../api";
import { CodeSetup } from "./CodeSetup";
import { RecoveryCodes } from "./RecoveryCodes";
import { useChange } from "./useChange";

type Proved = <T>(change: () => Promise<T>) => Promise<T>;

/** One-time codes after the password: to set up, to turn off, and recovery codes. */
export function OneTimeCodes({
  credentials,
  proved,
}: {
  credentials: Schemas["Credentials"];
  proved: Proved;
}) {
  const t = useWords();
  const [setup, setSetup] = useState<Schemas["OneTimeCodeSetup"]>();
  const [codes, setCodes] = useState<string[]>();
  const begin = useChange(async () => {
    setSetup(await proved(beginOneTimeCodes));
    return "";
  });
  return (
    <section className="pv-stack" aria-labelledby="codes">
      <h2 id="codes">{t("account:security.codes.title")}</h2>
      <p>{t("account:security.codes.text")}</p>
      {codes !== undefined && <RecoveryCodes codes={codes} onDone={() => setCodes(undefined)} />}
      {codes === undefined && credentials.oneTimeCodes && (
        <TurnedOn credentials={credentials} proved={proved} onCodes={setCodes} />
      )}
      {codes === undefined && !credentials.oneTimeCodes && !credentials.hasPassword && (
        <p className="pv-muted">{t("account:security.codes.needsPassword")}</p>
      )}
      {begin.error !== undefined && <ErrorState error={begin.error} />}
      {codes === undefined && !credentials.oneTimeCodes && credentials.hasPassword && setup === undefined && (
        <div>
          <Button variant="secondary" busy={begin.busy} onClick={begin.run}>
            {t("account:security.codes.setUp")}
          </Button>
        </div>
      )}
      {codes === undefined && setup !== undefined && (
        <CodeSetup
          setup={setup}
          onConfirmed={(recovery) => {
            setSetup(undefined);
            setCodes(recovery);
          }}
          onClose={() => setSetup(undefined)}
        />
      )}
    </section>
  );
}

function TurnedOn({
  credentials,
  proved,
  onCodes,
}: {
  credentials: Schemas["Credentials"];
  proved: Proved;
  onCodes: (codes: string[]) => void;
}) {
  const t = useWords();
  const [removing, setRemoving] = useState(false);
  const replace = useChange(async () => {
    onCodes((await proved(replaceRecoveryCodes)).codes);
    return "";
  });
  const remove = useChange(async () => {
    setRemoving(false);
    await proved(removeOneTimeCodes);
    return t("account:security.codes.removed");
  });
  const error = replace.error ?? remove.error;
  return (
    <>
      <p>
        {credentials.oneTimeCodesSince !== undefined &&
          t("account:security.codes.on", {
            when: formatDay(credentials.oneTimeCodesSince, currentLanguage()),
          })}
        {". "}
        {t("account:security.codes.left", { count: credentials.recoveryCodesLeft })}.
      </p>
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-actions">
        <Button variant="secondary" busy={replace.busy} onClick={replace.run}>
          {t("account:security.codes.again")}
        </Button>
        <Button variant="tertiary" busy={remove.busy} onClick={() => setRemoving(true)}>
          {t("account:security.codes.remove")}
        </Button>
      </div>
      <Dialog
        open={removing}
        title={t("account:security.codes.removeTitle")}
        onClose={() => setRemoving(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setRemoving(false)}>
              {t("account:security.cancel")}
            </Button>
            <Button onClick={remove.run}>{t("account:security.codes.remove")}</Button>
          </>
        }
      >
        <p>{t("account:security.codes.removeText")}</p>
      </Dialog>
    </>
  );
}
