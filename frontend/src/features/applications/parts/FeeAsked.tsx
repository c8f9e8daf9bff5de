import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatMoney } from "../../../lib/money";
import { Alert } from "../../../ui/Alert";
import { LinkButton } from "../../../ui/Button";
import { feesQuery } from "../api";

const asks = 15; // until a linked portal has asked for its fee
const pause = 2000;

/** The fee of a submitted application, with the way to pay it. A linked portal asks for it a moment after the submission. */
export function FeeAsked({ applicationId, soon = false }: { applicationId: string; soon?: boolean }) {
  const t = useWords();
  const { data } = useQuery({
    ...feesQuery(applicationId),
    refetchInterval: (query) =>
      soon && query.state.dataUpdateCount < asks && query.state.data?.items.length === 0 ? pause : false,
  });
  const payment = data?.items[0];
  if (payment === undefined) return null;
  const amount = formatMoney(payment.amount.amount, payment.amount.currency, currentLanguage());
  if (!payment.payable) {
    return (
      <p className="pv-no-print">
        <Link to="/zahlungen/$paymentId" params={{ paymentId: payment.id }}>
          {t("applications:fee.settled", { amount })}
        </Link>
      </p>
    );
  }
  return (
    <div className="pv-no-print">
      <Alert kind="warning" live title={t("applications:fee.title", { amount })}>
        <p>{t("applications:fee.payText")}</p>
        <div>
          <LinkButton to="/zahlungen/$paymentId" params={{ paymentId: payment.id }}>
            {t("applications:fee.pay")}
          </LinkButton>
        </div>
      </Alert>
    </div>
  );
}
