import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { QrCode } from "../../../ui/QrCode";
import { TextField } from "../../../ui/fields/TextField";
import { useFormErrors } from "../../../ui/useFormErrors";
import { confirmOneTimeCodes } from "../api";
import { useChange } from "./useChange";

/** The secret for the app, as a picture and to type, and the first code. */
export function CodeSetup({
  setup,
  onConfirmed,
  onClose,
}: {
  setup: Schemas["OneTimeCodeSetup"];
  onConfirmed: (recovery: string[]) => void;
  onClose: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [code, setCode] = useState("");
  const confirm = useChange(async () => {
    try {
      onConfirmed((await confirmOneTimeCodes(code.replaceAll(" ", ""))).codes);
    } catch (problem) {
      if (!errors.showProblem(problem, ["code"])) throw problem;
      return "";
    }
    return t("account:security.codes.confirmed");
  });
  return (
    <form
      className="pv-stack pv-panel"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const complete = /^\d{6}$/.test(code.replaceAll(" ", ""));
        const missing = complete
          ? []
          : [{ fieldId: "code", message: t("account:security.codes.codeMissing") }];
        if (errors.show(missing)) confirm.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {confirm.error !== undefined && <ErrorState error={confirm.error} />}
      <p>{t("account:security.codes.setUpText")}</p>
      <QrCode text={setup.uri} label={t("account:security.codes.qr")} />
      <p>
        {t("account:security.codes.typed")}
        <br />
        <code className="pv-hash">{setup.secret.replaceAll(/(.{4})(?=.)/g, "$1 ")}</code>
      </p>
      <TextField
        id="code"
        label={t("account:security.codes.code")}
        hint={t("account:security.codes.codeHint")}
        error={errors.of("code")}
        value={code}
        onChange={setCode}
        width="short"
        input={{ inputMode: "numeric", autoComplete: "one-time-code" }}
      />
      <div className="pv-actions">
        <Button type="submit" busy={confirm.busy}>
          {t("account:security.codes.confirm")}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          {t("account:security.cancel")}
        </Button>
      </div>
    </form>
  );
}
