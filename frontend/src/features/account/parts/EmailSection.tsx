import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { useFormErrors } from "../../../ui/useFormErrors";
import { profileQuery, requestEmailChange } from "../api";
import { EmailReturned } from "./EmailReturned";
import { useChange } from "./useChange";

type Proved = <T>(change: () => Promise<T>) => Promise<T>;

/** The mail address of the account, and the way to another one. */
export function EmailSection({ proved }: { proved: Proved }) {
  const t = useWords();
  const { data: profile } = useSuspenseQuery(profileQuery);
  const [changing, setChanging] = useState(false);
  const [sentTo, setSentTo] = useState<string>();
  return (
    <section className="pv-stack" aria-labelledby="email-heading">
      <h2 id="email-heading">{t("account:security.email.title")}</h2>
      <p className="pv-break">{profile.data.email}</p>
      {sentTo === undefined && (
        <EmailReturned profile={profile.data}>
          <ConfirmAgain proved={proved} email={profile.data.email ?? ""} onSent={setSentTo} />
        </EmailReturned>
      )}
      {sentTo !== undefined && (
        <Alert kind="success" title={t("account:security.email.sentTo", { email: sentTo })} level={3} live>
          <p>{t("account:security.email.sentText")}</p>
        </Alert>
      )}
      {changing ? (
        <NewEmail
          proved={proved}
          onSent={(email) => {
            setChanging(false);
            setSentTo(email);
          }}
          onClose={() => setChanging(false)}
        />
      ) : (
        <div>
          <Button variant="secondary" onClick={() => setChanging(true)}>
            {t("account:security.email.change")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Asks for a mail to the address that the account has: opening its link shows that it arrives. */
function ConfirmAgain({
  proved,
  email,
  onSent,
}: {
  proved: Proved;
  email: string;
  onSent: (email: string) => void;
}) {
  const t = useWords();
  const send = useChange(async () => {
    await proved(() => requestEmailChange(email));
    onSent(email);
    return "";
  });
  return (
    <div className="pv-stack">
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div>
        <Button variant="secondary" busy={send.busy} onClick={send.run}>
          {t("account:returned.again")}
        </Button>
      </div>
    </div>
  );
}

function NewEmail({
  proved,
  onSent,
  onClose,
}: {
  proved: Proved;
  onSent: (email: string) => void;
  onClose: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [email, setEmail] = useState("");
  const send = useChange(async () => {
    try {
      await proved(() => requestEmailChange(email.trim()));
    } catch (problem) {
      if (!errors.showProblem(problem, ["email"])) throw problem;
      return "";
    }
    onSent(email.trim());
    return "";
  });
  return (
    <form
      className="pv-stack pv-panel"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const missing =
          email.trim() === "" ? [{ fieldId: "email", message: t("account:security.email.missing") }] : [];
        if (errors.show(missing)) send.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <TextField
        id="email"
        label={t("account:security.email.new")}
        hint={t("account:security.email.hint")}
        error={errors.of("email")}
        value={email}
        onChange={setEmail}
        input={{ type: "email", autoComplete: "email", spellCheck: false, autoCapitalize: "none" }}
      />
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("account:security.email.submit")}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          {t("account:security.cancel")}
        </Button>
      </div>
    </form>
  );
}
