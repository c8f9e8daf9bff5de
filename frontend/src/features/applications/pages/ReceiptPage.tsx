import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useLive } from "../../../api/live";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { formatBytes } from "../../../lib/money";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { applicationQuery, receiptQuery } from "../api";
import { FeeAsked } from "../parts/FeeAsked";
import { actsForFacts } from "../parts/actsFor";
import { togetherFacts } from "../parts/together";

const route = getRouteApi("/citizen/personal/antraege/$applicationId/quittung");

/** Proof of submission, to print or keep. Follows the application until it has arrived. */
export default function ReceiptPage() {
  const t = useWords();
  const { applicationId } = route.useParams();
  const language = currentLanguage();
  const queryClient = useQueryClient();
  const { data: receipt } = useSuspenseQuery(receiptQuery(applicationId));
  const { data: application } = useSuspenseQuery(applicationQuery(applicationId));
  useLive(`/api/v1/applications/${applicationId}/events`, () => {
    void queryClient.invalidateQueries({ queryKey: receiptQuery(applicationId).queryKey });
    void queryClient.invalidateQueries({ queryKey: applicationQuery(applicationId).queryKey });
  });
  // A linked portal signs its receipt; an office of this portal or a provider only says that it has received it.
  const received = application.data.timeline.find((event) => event.kind === "received");
  const arrivedAt = receipt.arrivedAt ?? received?.at;
  return (
    <Page narrow>
      <PageHeading title={t("applications:receipt.title")} />
      <Alert
        kind="success"
        live
        title={
          arrivedAt === undefined
            ? t("applications:receipt.onItsWay", { authority: receipt.authorityName })
            : t("applications:receipt.arrived", { authority: receipt.authorityName })
        }
      >
        <p>{t("applications:receipt.next")}</p>
      </Alert>
      <FeeAsked applicationId={applicationId} soon />
      <Facts
        items={[
          {
            id: "number",
            label: t("applications:page.number"),
            value: <span className="pv-number">{receipt.number}</span>,
          },
          { id: "service", label: t("applications:receipt.service"), value: receipt.serviceTitle },
          {
            id: "office",
            label: t("applications:apply.office"),
            value: `${receipt.authorityName}, ${receipt.portal.name}`,
          },
          ...actsForFacts(receipt.actsFor, t),
          ...togetherFacts(receipt.coApplicants, t),
          {
            id: "submitted",
            label: t("applications:page.submittedAt"),
            value: formatDateTime(receipt.submittedAt, language),
          },
          {
            id: "arrived",
            label: t("applications:receipt.arrivedAt"),
            value:
              arrivedAt === undefined
                ? t("applications:receipt.notYet")
                : formatDateTime(arrivedAt, language),
          },
          ...(receipt.attachments.length === 0
            ? []
            : [
                {
                  id: "files",
                  label: t("applications:receipt.files"),
                  value: (
                    <ul className="pv-bare">
                      {receipt.attachments.map((file) => (
                        <li key={file.id}>
                          {file.name} ({formatBytes(file.size, language)})
                        </li>
                      ))}
                    </ul>
                  ),
                },
              ]),
          {
            id: "hash",
            label: t("applications:receipt.hash"),
            value: <span className="pv-hash">{receipt.contentHash}</span>,
          },
        ]}
      />
      {receipt.signedReceipt !== undefined && (
        <details className="kern-accordion">
          <summary className="kern-accordion__header">
            <span className="kern-title">{t("applications:receipt.signed")}</span>
          </summary>
          <div className="kern-accordion__body pv-stack pv-stack--small">
            <p className="pv-small">{t("applications:receipt.signedText")}</p>
            <p className="pv-hash">{receipt.signedReceipt}</p>
          </div>
        </details>
      )}
      <div className="pv-actions">
        <LinkButton to="/antraege/$applicationId" params={{ applicationId }}>
          {t("applications:receipt.toApplication")}
        </LinkButton>
        <Button variant="secondary" onClick={() => window.print()}>
          {t("common:print")}
        </Button>
        <a href={`/api/v1/applications/${applicationId}/receipt.pdf`} download>
          {t("applications:receipt.paper")}
        </a>
      </div>
    </Page>
  );
}
