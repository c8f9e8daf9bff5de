import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDay } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { RecoveryCodes } from "../../../ui/RecoveryCodes";
import { beginOneTimeCodes, removeOneTimeCodes, replaceRecoveryCodes } from "../api";
import { CodeSetup } from "./CodeSetup";
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
  const { data: session } = useSuspenseQuery(sessionQuery);
  const goesWith = credentials.hasPassword || session.directory !== undefined;
  const begin = useChange(async () => {
    setSetup(await proved(beginOneTimeCodes));
    return "";
  });
  return (
    <section className="pv-stack" aria-labelledby="codes">
      <h2 id="codes">{t("account:security.codes.title")}</h2>
      <p>{t("account:security.codes.text")}</p>
      {codes !== undefined && (
        <RecoveryCodes
          codes={codes}
          text={t("account:security.codes.recoveryText")}
          onDone={() => setCodes(undefined)}
        />
      )}
      {codes === undefined && credentials.oneTimeCodes && (
        <TurnedOn credentials={credentials} proved={proved} onCodes={setCodes} />
      )}
      {codes === undefined && !credentials.oneTimeCodes && !goesWith && (
        <p className="pv-muted">{t("account:security.codes.needsPassword")}</p>
      )}
      {begin.error !== undefined && <ErrorState error={begin.error} />}
      {codes === undefined && !credentials.oneTimeCodes && goesWith && setup === undefined && (
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

/** For an account without a password: the codes that lead in again when all passkeys are lost. */
export function RecoverySection({
  credentials,
  proved,
}: {
  credentials: Schemas["Credentials"];
  proved: Proved;
}) {
  const t = useWords();
  const [codes, setCodes] = useState<string[]>();
  const replace = useChange(async () => {
    setCodes((await proved(replaceRecoveryCodes)).codes);
    return "";
  });
  const left = credentials.recoveryCodesLeft;
  return (
    <section className="pv-stack" aria-labelledby="recovery">
      <h2 id="recovery">{t("account:security.recovery.title")}</h2>
      <p>{t("account:security.recovery.text")}</p>
      {codes === undefined ? (
        <>
          {left === 0 ? (
            <Alert kind="warning" title={t("account:security.recovery.noneTitle")}>
              <p>{t("account:security.recovery.none")}</p>
            </Alert>
          ) : (
            <p>{t("account:security.codes.left", { count: left })}.</p>
          )}
          {replace.error !== undefined && <ErrorState error={replace.error} />}
          <div>
            <Button variant="secondary" busy={replace.busy} onClick={replace.run}>
              {t("account:security.codes.again")}
            </Button>
          </div>
        </>
      ) : (
        <RecoveryCodes
          codes={codes}
          text={t("account:security.recovery.keep")}
          onDone={() => setCodes(undefined)}
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
