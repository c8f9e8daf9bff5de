import { useState } from "react";
import { useWords } from "../../../i18n";
import { hasStatus } from "../../../api/problem";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { confirmPasswordReset } from "../api";
import { checkPassword } from "../parts/checks";
import { useHashToken } from "../parts/hashToken";
import { LinkUsed } from "../parts/LinkUsed";
import { PasswordField } from "../../../ui/fields/PasswordField";

/** Sets a new password with the link of the mail. */
export default function NewPasswordPage() {
  const t = useWords();
  const token = useHashToken();
  const errors = useFormErrors();
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const send = useAction(async () => {
    try {
      await confirmPasswordReset(token ?? "", password);
      setDone(true);
    } catch (problem) {
      if (!errors.showProblem(problem, ["password"])) throw problem;
    }
  });
  const used = token === undefined || hasStatus(send.error, 410);
  return (
    <Page narrow>
      <PageHeading title={t("signin:newPassword.title")} />
      {done && (
        <Alert kind="success" title={t("signin:newPassword.doneTitle")} live>
          <p>{t("signin:newPassword.doneText")}</p>
          <div>
            <LinkButton to="/anmelden">{t("common:session.signIn")}</LinkButton>
          </div>
        </Alert>
      )}
      {!done && used && <LinkUsed again="reset" />}
      {!done && !used && (
        <form
          className="pv-stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (errors.show(checkPassword(password, t))) send.run();
          }}
        >
          <ErrorSummary errors={errors.list} attempt={errors.attempt} />
          {send.error !== undefined && <ErrorState error={send.error} />}
          <PasswordField
            id="password"
            label={t("signin:newPassword.label")}
            hint={t("signin:passwordHint")}
            error={errors.of("password")}
            value={password}
            onChange={setPassword}
            isNew
          />
          <div className="pv-actions">
            <Button type="submit" busy={send.busy}>
              {t("signin:newPassword.submit")}
            </Button>
          </div>
        </form>
      )}
    </Page>
  );
}
