import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { hasStatus } from "../../../api/problem";
import { sessionQuery } from "../../../api/session";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { RecoveryCodes } from "../../../ui/RecoveryCodes";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { registerPasskey } from "../api";
import { useHashToken } from "../parts/hashToken";
import { LinkUsed } from "../parts/LinkUsed";
import { checkName, PasskeyName } from "../parts/PasskeyName";

/** The mail of a registration without a password leads here: a passkey is made, and with it the address confirmed. */
export default function FirstPasskeyPage() {
  const t = useWords();
  const token = useHashToken();
  const [done, setDone] = useState<Schemas["RegistrationConfirmed"]>();
  if (done !== undefined) {
    return (
      <Page narrow>
        <PageHeading key="done" title={t("signin:firstPasskey.doneTitle")} />
        <RecoveryCodes
          heading="h2"
          codes={done.recoveryCodes ?? []}
          text={t("signin:firstPasskey.keep")}
          onDone={() => window.location.assign(done.redirectTo ?? "/konto")}
        />
      </Page>
    );
  }
  return (
    <Page narrow>
      <PageHeading title={t("signin:firstPasskey.title")} />
      {token === undefined ? (
        <LinkUsed again="registration" />
      ) : (
        <FirstPasskey token={token} onDone={setDone} />
      )}
    </Page>
  );
}

function FirstPasskey({
  token,
  onDone,
}: {
  token: string;
  onDone: (done: Schemas["RegistrationConfirmed"]) => void;
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const errors = useFormErrors();
  const [name, setName] = useState(() => t("signin:firstPasskey.device"));
  const [cancelled, setCancelled] = useState(false);
  const send = useAction(async () => {
    setCancelled(false);
    try {
      const done = await registerPasskey(token, name.trim());
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      onDone(done);
    } catch (problem) {
      if (!(problem instanceof Error && problem.name === "PasskeyCancelled")) throw problem;
      setCancelled(true);
    }
  });
  if (hasStatus(send.error, 410)) return <LinkUsed again="registration" />;
  if (typeof window.PublicKeyCredential === "undefined") {
    return <p>{t("signin:firstPasskey.unsupported")}</p>;
  }
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (errors.show(checkName(name, t))) send.run();
      }}
    >
      <p>{t("signin:firstPasskey.text")}</p>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && <ErrorState error={send.error} />}
      {cancelled && <Alert kind="warning" title={t("signin:firstPasskey.cancelled")} live />}
      <PasskeyName value={name} onChange={setName} error={errors.of("name")} />
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("signin:firstPasskey.submit")}
        </Button>
      </div>
    </form>
  );
}
