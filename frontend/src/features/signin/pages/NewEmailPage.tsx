import { useState } from "react";
import { useWords } from "../../../i18n";
import { hasStatus } from "../../../api/problem";
import { expectHeading } from "../../../lib/focus";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { confirmEmailChange } from "../api";
import { useHashToken } from "../parts/hashToken";

/** The link in the mail to a new address leads here. It asks once more: programs that look at mails open links too. */
export default function NewEmailPage() {
  const t = useWords();
  const token = useHashToken();
  const [done, setDone] = useState(false);
  const confirm = useAction(async () => {
    await confirmEmailChange(token ?? "");
    expectHeading();
    setDone(true);
  });
  if (done) {
    return (
      <Page narrow>
        <PageHeading key="done" title={t("signin:newEmail.doneTitle")} />
        <p>{t("signin:newEmail.doneText")}</p>
        <div>
          <LinkButton to="/konto">{t("signin:newEmail.toAccount")}</LinkButton>
        </div>
      </Page>
    );
  }
  const used = token === undefined || hasStatus(confirm.error, 410);
  return (
    <Page narrow>
      <PageHeading key="ask" title={t("signin:newEmail.title")} />
      {used ? (
        <Alert kind="warning" title={t("signin:confirm.usedTitle")} live>
          <p>{t("signin:newEmail.usedText")}</p>
        </Alert>
      ) : (
        <>
          <p>{t("signin:newEmail.text")}</p>
          {confirm.error !== undefined && <ErrorState error={confirm.error} />}
          <div className="pv-actions">
            <Button busy={confirm.busy} onClick={confirm.run}>
              {t("signin:newEmail.confirm")}
            </Button>
          </div>
        </>
      )}
    </Page>
  );
}
