import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useWords } from "../../../i18n";
import { hasStatus } from "../../../api/problem";
import { sessionQuery } from "../../../api/session";
import { Alert } from "../../../ui/Alert";
import { LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { confirmRegistration } from "../api";
import { useHashToken } from "../parts/hashToken";

/** The link in the mail leads here: confirms the address, signs in, and goes on where the registration began. */
export default function ConfirmPage() {
  const t = useWords();
  const queryClient = useQueryClient();
  const token = useHashToken();
  const confirm = useAction(async () => {
    const { redirectTo } = await confirmRegistration(token ?? "");
    await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
    window.location.assign(redirectTo ?? "/konto");
  });
  const started = useRef(false);
  const { run } = confirm;
  useEffect(() => {
    if (started.current || token === undefined) return;
    started.current = true;
    run();
  });
  const used = token === undefined || hasStatus(confirm.error, 410);
  return (
    <Page narrow>
      <PageHeading title={t("signin:confirm.title")} />
      {used ? (
        <Alert kind="warning" title={t("signin:confirm.usedTitle")} live>
          <p>{t("signin:confirm.usedText")}</p>
          <div className="pv-actions">
            <LinkButton to="/anmelden">{t("common:session.signIn")}</LinkButton>
          </div>
          <p>
            <Link to="/registrieren">{t("signin:register.link")}</Link>
          </p>
        </Alert>
      ) : confirm.error === undefined ? (
        <Loading />
      ) : (
        <ErrorState error={confirm.error} onRetry={run} />
      )}
    </Page>
  );
}
