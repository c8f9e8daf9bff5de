import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { PaymentServiceDialog } from "../parts/PaymentServiceDialog";
import { PaymentServiceItem } from "../parts/PaymentServiceItem";
import { paymentServicesQuery, type PaymentService } from "../paymentServices";

/** Where the fees of the portal and of single organisational units are paid. */
export default function PaymentServicesPage() {
  const t = useWords();
  const { data, refetch } = useSuspenseQuery(paymentServicesQuery);
  const [edited, setEdited] = useState<PaymentService | "new">();
  return (
    <Page narrow>
      <PageHeading title={t("administration:payments.title")} />
      <p>{t("administration:payments.text")}</p>
      <p>
        {t(data.configured ? "administration:payments.configured" : "administration:payments.notConfigured")}
      </p>
      {data.items.length > 0 && (
        <ul className="pv-list">
          {data.items.map((service) => (
            <PaymentServiceItem
              key={service.id}
              service={service}
              onEdit={() => setEdited(service)}
              onEnded={async () => void (await refetch())}
            />
          ))}
        </ul>
      )}
      <div>
        <Button icon="add" onClick={() => setEdited("new")}>
          {t("administration:payments.add")}
        </Button>
      </div>
      {edited !== undefined && (
        <PaymentServiceDialog
          service={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onSaved={async () => {
            await refetch();
            setEdited(undefined);
          }}
        />
      )}
    </Page>
  );
}
