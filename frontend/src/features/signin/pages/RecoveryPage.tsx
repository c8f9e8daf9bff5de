import { useState } from "react";
import { hasStatus } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { recoverAccount } from "../api";
import { useHashToken } from "../parts/hashToken";
import { LinkUsed } from "../parts/LinkUsed";
import { checkName, PasskeyName } from "../parts/PasskeyName";

/** Who has lost all passkeys of an account without a password makes a new one here, with the mail's link and a recovery code. */
export default function RecoveryPage() {
  const t = useWords();
  const token = useHashToken();
  const [done, setDone] = useState(false);
  return (
    <Page narrow>
      <PageHeading title={t("signin:recovery.title")} />
      {done && (
        <Alert kind="success" title={t("signin:recovery.doneTitle")} live>
          <p>{t("signin:recovery.doneText")}</p>
          <div>
            <LinkButton to="/anmelden">{t("common:session.signIn")}</LinkButton>
          </div>
        </Alert>
      )}
      {!done && token === undefined && <LinkUsed again="reset" />}
      {!done && token !== undefined && <Recovery token={token} onDone={() => setDone(true)} />}
    </Page>
  );
}

function Recovery({ token, onDone }: { token: string; onDone: () => void }) {
  const t = useWords();
  const errors = useFormErrors();
  const [code, setCode] = useState("");
  const [name, setName] = useState(() => t("signin:firstPasskey.device"));
  const [cancelled, setCancelled] = useState(false);
  const send = useAction(async () => {
    setCancelled(false);
    try {
      await recoverAccount(token, code.trim(), name.trim());
      onDone();
    } catch (problem) {
      if (problem instanceof Error && problem.name === "PasskeyCancelled") setCancelled(true);
      else if (!errors.showProblem(problem, ["recoveryCode"])) throw problem;
    }
  });
  if (hasStatus(send.error, 410)) return <LinkUsed again="reset" />;
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const missing =
          code.trim() === ""
            ? [{ fieldId: "recoveryCode", message: t("signin:factor.recoveryMissing") }]
            : [];
        if (errors.show([...missing, ...checkName(name, t)])) send.run();
      }}
    >
      <p>{t("signin:recovery.text")}</p>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && <ErrorState error={send.error} />}
      {cancelled && <Alert kind="warning" title={t("signin:firstPasskey.cancelled")} live />}
      <TextField
        id="recoveryCode"
        label={t("signin:factor.recovery")}
        hint={t("signin:recovery.codeHint")}
        error={errors.of("recoveryCode")}
        value={code}
        onChange={setCode}
        width="medium"
        input={{ autoComplete: "off", spellCheck: false, autoCapitalize: "characters" }}
      />
      <PasskeyName value={name} onChange={setName} error={errors.of("name")} />
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("signin:recovery.submit")}
        </Button>
      </div>
    </form>
  );
}
