import { useEffect, useRef, useState } from "react";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { hasStatus } from "../../../api/problem";
import type { Session } from "../../../api/session";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { proveSecondFactor } from "../api";

/** The step after the password: a code of the app, or one of the recovery codes. */
export function SecondFactorForm({
  factor,
  onProved,
  onStartOver,
}: {
  factor: Schemas["SecondFactor"];
  onProved: (session: Session) => Promise<void>;
  onStartOver: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const heading = useRef<HTMLHeadingElement>(null);
  const [recovery, setRecovery] = useState(false);
  const [code, setCode] = useState("");
  const id = recovery ? "recoveryCode" : "code";
  useEffect(() => heading.current?.focus(), []);
  const send = useAction(async () => onProved(await proveSecondFactor({ [id]: code.trim() })));
  const submit = () => {
    const complete = recovery ? code.trim().length >= 8 : /^\d{6}$/.test(code.replaceAll(" ", ""));
    const message = recovery ? t("signin:factor.recoveryMissing") : t("signin:factor.codeMissing");
    if (errors.show(complete ? [] : [{ fieldId: id, message }])) send.run();
  };
  const change = (to: boolean) => {
    setRecovery(to);
    setCode("");
    errors.show([]);
  };
  const over = hasStatus(send.error, 410);
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <h2 ref={heading} tabIndex={-1}>
        {t("signin:factor.title")}
      </h2>
      <p>{recovery ? t("signin:factor.recoveryText") : t("signin:factor.text")}</p>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && <ErrorState error={send.error} />}
      {!over && (
        <>
          <TextField
            key={id}
            id={id}
            label={recovery ? t("signin:factor.recovery") : t("signin:factor.code")}
            {...(!recovery && { hint: t("signin:factor.codeHint") })}
            error={errors.of(id)}
            value={code}
            onChange={setCode}
            width={recovery ? "medium" : "short"}
            input={{
              autoComplete: recovery ? "off" : "one-time-code",
              inputMode: recovery ? "text" : "numeric",
              spellCheck: false,
              autoCapitalize: "none",
            }}
          />
          <div className="pv-actions">
            <Button type="submit" busy={send.busy}>
              {t("signin:factor.submit")}
            </Button>
            {factor.methods.includes("recoveryCode") && (
              <Button variant="tertiary" onClick={() => change(!recovery)}>
                {recovery ? t("signin:factor.useCode") : t("signin:factor.useRecovery")}
              </Button>
            )}
          </div>
        </>
      )}
      <div>
        <Button variant="tertiary" onClick={onStartOver}>
          {t("signin:factor.again")}
        </Button>
      </div>
    </form>
  );
}
