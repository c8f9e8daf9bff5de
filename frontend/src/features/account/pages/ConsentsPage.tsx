import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { consentsQuery, withdrawConsent, type Consent } from "../api";
import { AccountFrame } from "../parts/AccountFrame";

/** Who may read what, and a way to end that. */
export default function ConsentsPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:consents.title")}>
      <Consents />
    </AccountFrame>
  );
}

function Consents() {
  const t = useWords();
  const { data } = useSuspenseQuery(consentsQuery);
  if (data.items.length === 0) return <EmptyState title={t("account:consents.empty")} />;
  return (
    <>
      <p>{t("account:consents.text")}</p>
      <ul className="pv-list">
        {data.items.map((consent) => (
          <ConsentItem key={consent.id} consent={consent} />
        ))}
      </ul>
    </>
  );
}

function ConsentItem({ consent }: { consent: Consent }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const language = currentLanguage();
  const withdraw = useAction(async () => {
    await withdrawConsent(consent.id);
    await queryClient.invalidateQueries({ queryKey: consentsQuery.queryKey });
    status(t("account:consents.withdrawn"));
  });
  return (
    <li className="pv-stack pv-stack--small">
      <h2 className="pv-card-title">
        {consent.recipient} – {consent.purpose}
      </h2>
      <p>{consent.items.map((item) => t(`common:profileItem.${item}`)).join(", ")}</p>
      <p className="pv-small pv-muted">
        {t("account:consents.givenAt", { when: formatDateTime(consent.givenAt, language) })}
      </p>
      {withdraw.error !== undefined && <ErrorState error={withdraw.error} />}
      {consent.withdrawnAt === undefined ? (
        <div>
          <Button variant="secondary" busy={withdraw.busy} onClick={withdraw.run}>
            {t("account:consents.withdraw")}
            <span className="pv-hidden">
              : {consent.recipient}, {consent.purpose}
            </span>
          </Button>
        </div>
      ) : (
        <div>
          <Badge>
            {t("account:consents.withdrawnAt", { when: formatDateTime(consent.withdrawnAt, language) })}
          </Badge>
        </div>
      )}
    </li>
  );
}
