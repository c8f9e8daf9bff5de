import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { keepSession, sessionQuery, type Session } from "../../../api/session";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { PasswordField } from "../../../ui/fields/PasswordField";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { signIn } from "../api";
import { PasskeyButton } from "./PasskeyButton";
import { SecondFactorForm } from "./SecondFactorForm";

/** Signing in with a passkey, or with mail address and password; for citizens at the account home, and for staff at their portal. */
export function SignInForm({ onSignedIn }: { onSignedIn: (session: Session) => Promise<void> | void }) {
  const queryClient = useQueryClient();
  const { data: current } = useSuspenseQuery(sessionQuery);
  // A sign-in may wait for its second factor already: it comes from a directory, or the page was loaded anew.
  const [pending, setPending] = useState<Session | undefined>(current.signedIn ? undefined : current);
  const proved = async (session: Session) => {
    if (!session.signedIn && session.secondFactor) {
      setPending(session);
      return;
    }
    queryClient.removeQueries({
      type: "inactive",
      predicate: (query) => query.queryKey[0] !== "portal" && query.queryKey[0] !== "session",
    });
    keepSession(queryClient, session);
    await onSignedIn(session);
  };
  if (pending?.secondFactor) {
    return (
      <SecondFactorForm
        factor={pending.secondFactor}
        onProved={proved}
        onStartOver={() => setPending(undefined)}
      />
    );
  }
  return (
    <div className="pv-stack pv-stack--medium">
      <PasswordForm onProved={proved} />
      <PasskeyButton onProved={proved} />
    </div>
  );
}

function PasswordForm({ onProved }: { onProved: (session: Session) => Promise<void> }) {
  const t = useWords();
  const errors = useFormErrors();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const send = useAction(async () => onProved(await signIn({ email: email.trim(), password })));
  const submit = () => {
    const missing = [
      ...(email.trim() === "" ? [{ fieldId: "email", message: t("signin:emailMissing") }] : []),
      ...(password === "" ? [{ fieldId: "password", message: t("signin:passwordMissing") }] : []),
    ];
    if (errors.show(missing)) send.run();
  };
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
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
      <PasswordField
        id="password"
        label={t("signin:password")}
        error={errors.of("password")}
        value={password}
        onChange={setPassword}
      />
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("common:session.signIn")}
        </Button>
      </div>
    </form>
  );
}
