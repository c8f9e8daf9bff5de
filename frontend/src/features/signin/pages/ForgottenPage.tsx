import { useState } from "react";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { requestPasswordReset } from "../api";
import { checkEmail } from "../parts/checks";

/** Asks for a mail with which a new password can be set. Answers the same whether or not there is an account. */
export default function ForgottenPage() {
  const t = useWords();
  const errors = useFormErrors();
  const [email, setEmail] = useState("");
  const [sentTo, setSentTo] = useState<string>();
  const send = useAction(async () => setSentTo((await requestPasswordReset(email.trim())).email));
  return (
    <Page narrow>
      <PageHeading title={t("signin:forgotten.title")} />
      {sentTo === undefined ? (
        <form
          className="pv-stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (errors.show(checkEmail(email, t))) send.run();
          }}
        >
          <p>{t("signin:forgotten.text")}</p>
          <ErrorSummary errors={errors.list} attempt={errors.attempt} />
          {send.error !== undefined && <ErrorState error={send.error} />}
          <TextField
            id="email"
            label={t("signin:email")}
            error={errors.of("email")}
            value={email}
            onChange={setEmail}
            input={{ type: "email", autoComplete: "username", spellCheck: false, autoCapitalize: "none" }}
          />
          <div className="pv-actions">
            <Button type="submit" busy={send.busy}>
              {t("signin:forgotten.submit")}
            </Button>
          </div>
        </form>
      ) : (
        <Alert kind="success" title={t("signin:forgotten.sentTitle")} live>
          <p>{t("signin:forgotten.sentText", { email: sentTo })}</p>
        </Alert>
      )}
    </Page>
  );
}
