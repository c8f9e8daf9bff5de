import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDay } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { checkPaymentService, endPaymentService, type PaymentService } from "../paymentServices";

const fact = (id: string, label: string, value: string | undefined) =>
  value === undefined ? [] : [{ id, label, value: <span className="pv-break">{value}</span> }];

/** A payment service that was set, with what can be done with it. */
export function PaymentServiceItem({
  service,
  onEdit,
  onEnded,
}: {
  service: PaymentService;
  onEdit: () => void;
  onEnded: () => Promise<void>;
}) {
  const t = useWords();
  const status = useStatus();
  const [found, setFound] = useState<Schemas["PaymentServiceCheck"]>();
  const [ending, setEnding] = useState(false);
  const { certificate, account } = service;
  const name = service.organisationName ?? t("administration:payments.portal");
  const check = useAction(async () => {
    setFound(undefined);
    setFound(await checkPaymentService(service.id));
  });
  const end = useAction(async () => {
    await endPaymentService(service.id);
    setEnding(false);
    status(t("administration:payments.ended", { name }));
    await onEnded();
  });
  return (
    <li className="pv-stack pv-stack--small">
      <h2 className="pv-card-title">{name}</h2>
      <Facts
        items={[
          ...fact("url", t("administration:payments.url"), service.url),
          ...fact(
            "place",
            t("administration:payments.place"),
            `${service.originatorId} / ${service.endPointId}`,
          ),
          ...fact(
            "authentication",
            t("administration:payments.authentication"),
            t(`administration:payments.by.${service.authentication}`),
          ),
          ...fact(
            "certificate",
            t("administration:payments.certificate"),
            certificate &&
              t("administration:payments.certificateUntil", {
                subject: certificate.subject,
                date: formatDay(certificate.expiresAt, currentLanguage()),
              }),
          ),
          ...fact(
            "account",
            t("administration:payments.account"),
            account === undefined
              ? t("administration:payments.noAccount")
              : `${account.holder}, ${account.iban}`,
          ),
        ]}
      />
      <div role="status">
        {found !== undefined && (
          <Alert
            kind={found.finding === "ready" ? "success" : "warning"}
            title={t(`administration:payments.finding.${found.finding}.title`)}
          >
            <p>
              {t(`administration:payments.finding.${found.finding}.text`, { status: found.status ?? "–" })}
            </p>
          </Alert>
        )}
      </div>
      {check.error !== undefined && <ErrorState error={check.error} />}
      <div className="pv-actions">
        <Button variant="secondary" small busy={check.busy} onClick={check.run}>
          {t("administration:payments.check")}
          <span className="pv-hidden">: {name}</span>
        </Button>
        <Button variant="secondary" small onClick={onEdit}>
          {t("administration:payments.change")}
          <span className="pv-hidden">: {name}</span>
        </Button>
        <Button variant="tertiary" small onClick={() => setEnding(true)}>
          {t("administration:payments.end")}
          <span className="pv-hidden">: {name}</span>
        </Button>
      </div>
      {ending && (
        <Dialog
          open
          title={t("administration:payments.endTitle", { name })}
          onClose={() => setEnding(false)}
          actions={
            <>
              <Button variant="secondary" onClick={() => setEnding(false)}>
                {t("cancel")}
              </Button>
              <Button busy={end.busy} onClick={end.run}>
                {t("administration:payments.end")}
              </Button>
            </>
          }
        >
          {end.error !== undefined && <ErrorState error={end.error} />}
          <p>{t("administration:payments.endText")}</p>
        </Dialog>
      )}
    </li>
  );
}
