import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button } from "../../../ui/Button";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { offersQuery, serviceQuery } from "../api";
import { FavouriteButton } from "../parts/FavouriteButton";
import { NextStep } from "../parts/NextStep";
import { OfficeCard } from "../parts/OfficeCard";
import { ServiceDetails } from "../parts/ServiceDetails";
import { usePlace } from "../place";

const route = getRouteApi("/citizen/leistungen/$serviceId");

/** A service, in the order in which people need it: what to do now, who is competent, cost, documents, time, law. */
export default function ServicePage() {
  const t = useWords();
  const { serviceId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const remembered = usePlace();
  const ars = search.ars ?? remembered?.ars;
  const { data: service } = useSuspenseQuery(serviceQuery(serviceId, ars));
  const offers = useQuery(offersQuery(service.id, ars));
  const language = currentLanguage();
  const sole = offers.data?.resolution === "found" ? offers.data.items[0] : undefined;
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          { id: "all", link: <Link to="/suche">{t("catalog:results.all")}</Link> },
          { id: "this", link: service.title },
        ]}
      />
      <div className="pv-stack pv-stack--medium pv-text">
        <PageHeading key={service.id} title={service.title} />
        <p className="pv-lead">{service.teaser}</p>
        <div className="pv-row pv-no-print">
          <FavouriteButton service={service} />
        </div>
      </div>
      <div className="pv-service">
        <NextStep
          service={service}
          offers={offers}
          ars={ars}
          onPlace={(chosen) => void navigate({ search: { ars: chosen }, replace: true, resetScroll: false })}
        />
        {sole && <OfficeCard offer={sole} />}
        <ServiceDetails service={service} />
      </div>
      <div className="pv-row pv-row--between pv-small pv-muted">
        <p>
          {t("catalog:service.source", {
            owner: service.owner.name,
            date: formatDate(service.updatedAt.slice(0, 10), language),
          })}
        </p>
        <Button variant="tertiary" onClick={() => window.print()}>
          {t("common:print")}
        </Button>
      </div>
    </Page>
  );
}
