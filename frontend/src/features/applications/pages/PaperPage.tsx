import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { PaperForm } from "../../../forms/PaperForm";
import { currentLanguage, useWords } from "../../../i18n";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button } from "../../../ui/Button";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { formQuery, offersQuery, serviceQuery } from "../api";

const route = getRouteApi("/citizen/leistungen/$serviceId/vordruck");

/** The form of a service on paper, empty. */
export default function PaperPage() {
  const { serviceId } = route.useParams();
  const { ars, angebot } = route.useSearch();
  const { data: service } = useSuspenseQuery(serviceQuery(serviceId, ars));
  const { data: offers } = useSuspenseQuery(offersQuery(service.id, ars));
  const offer = offers.items.find(({ id, formId }) => formId !== undefined && (angebot ?? id) === id);
  // The router takes it as it takes a redirection.
  // oxlint-disable-next-line typescript/only-throw-error
  if (offer?.formId === undefined) throw notFound();
  return <Paper offer={offer} formId={offer.formId} title={service.title} />;
}

function Paper({ offer, formId, title }: { offer: Schemas["Offer"]; formId: string; title: string }) {
  const t = useWords();
  const { serviceId } = route.useParams();
  const search = route.useSearch();
  const { data: definition } = useSuspenseQuery(formQuery(formId));
  const office = `${offer.organisation.name}, ${offer.portal.name}`;
  return (
    <Page narrow>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          {
            id: "apply",
            link: (
              <Link to="/leistungen/$serviceId/antrag" params={{ serviceId }} search={search}>
                {t("applications:apply.title", { service: title })}
              </Link>
            ),
          },
          { id: "this", link: t("applications:paper.crumb") },
        ]}
      />
      <div className="pv-stack pv-stack--medium">
        <PageHeading title={t("applications:paper.title", { service: title })} />
        <p>{t("applications:paper.office", { office })}</p>
        <p className="pv-no-print">{t("applications:paper.text")}</p>
        <div className="pv-actions">
          <Button icon="print" onClick={() => window.print()}>
            {t("common:print")}
          </Button>
        </div>
      </div>
      <PaperForm definition={definition} language={currentLanguage()} />
    </Page>
  );
}
