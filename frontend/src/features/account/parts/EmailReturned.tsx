import type { ReactNode } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDay } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import type { Schemas } from "../../../api/client";

/** Says that mails to the person came back, with the way out of it. */
export function EmailReturned({ profile, children }: { profile: Schemas["Profile"]; children: ReactNode }) {
  const t = useWords();
  if (profile.emailReturned === undefined) return null;
  return (
    <Alert kind="warning" title={t("account:returned.title", { email: profile.email ?? "" })}>
      <div className="pv-stack">
        <p>{t("account:returned.text", { date: formatDay(profile.emailReturned, currentLanguage()) })}</p>
        <div>{children}</div>
      </div>
    </Alert>
  );
}
