import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { Badge } from "../../../ui/Badge";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { officeQuery, officeServicesQuery } from "../offices";
import { Accessibility, Appointment } from "../parts/OfficeCard";
import { OfficeAddress, OfficeContact } from "../parts/OfficeContact";
import { OfficeHours } from "../parts/OfficeHours";
import { OfficeMap } from "../parts/OfficeMap";
import { usePlace } from "../place";

const route = getRouteApi("/citizen/stellen/$organisationId");

/** An office: how to reach it, when it is open, where it lies and what it does. */
export default function OfficePage() {
  const t = useWords();
  const { organisationId } = route.useParams();
  const { data: office } = useSuspenseQuery(officeQuery(organisationId));
  const { parent, portal, units = [], position } = office;
  return (
    <Page>
      <div className="pv-stack pv-stack--medium">
        <Breadcrumb
          items={[
            { id: "home", link: <Link to="/">{t("common:home")}</Link> },
            { id: "all", link: <Link to="/stellen">{t("offices:list.title")}</Link> },
            { id: "this", link: office.name },
          ]}
        />
        <PageHeading key={office.id} title={office.name} />
        <p className="pv-lead">
          {parent && (
            <>
              {t("offices:page.partOf")}{" "}
              <Link to="/stellen/$organisationId" params={{ organisationId: parent.id }}>
                {parent.name}
              </Link>
              {". "}
            </>
          )}
          {portal && t("offices:page.portal", { portal: portal.name })}
        </p>
      </div>
      <div className="pv-office">
        <section className="pv-side pv-stack pv-stack--medium" aria-labelledby="contact">
          <h2 id="contact">{t("offices:page.contact")}</h2>
          <OfficeAddress organisation={office} />
          <OfficeContact organisation={office} />
          <Appointment organisation={office} />
          <OfficeHours organisation={office} />
          <Accessibility organisation={office} />
        </section>
        <div className="pv-stack pv-stack--large">
          <OfficeServices organisationId={office.id} />
          {position && <OfficeMap name={office.name} position={position} />}
          {units.length > 0 && (
            <section className="pv-stack pv-stack--small" aria-labelledby="units">
              <h2 id="units">{t("offices:page.units")}</h2>
              <ul className="pv-register">
                {units.map((unit) => (
                  <li key={unit.id}>
                    <Link to="/stellen/$organisationId" params={{ organisationId: unit.id }}>
                      {unit.name}
                    </Link>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      </div>
    </Page>
  );
}

function OfficeServices({ organisationId }: { organisationId: string }) {
  const t = useWords();
  const services = useInfiniteQuery(officeServicesQuery(organisationId));
  const items = services.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="services" aria-busy={services.isFetching}>
      <h2 id="services">{t("offices:page.services")}</h2>
      {services.isPending && <Loading />}
      {services.isError && <ErrorState error={services.error} onRetry={() => void services.refetch()} />}
      {services.isSuccess && items.length === 0 && <p>{t("offices:page.noServices")}</p>}
      {items.length > 0 && (
        <ul className="pv-list" aria-labelledby="services">
          {items.map((service) => (
            <OfficeService key={service.serviceId} service={service} />
          ))}
        </ul>
      )}
      {services.hasNextPage && (
        <div>
          <LoadMore busy={services.isFetchingNextPage} onClick={() => void services.fetchNextPage()} />
        </div>
      )}
    </section>
  );
}

const areasShown = 4;

function OfficeService({ service }: { service: Schemas["OrganisationService"] }) {
  const t = useWords();
  const place = usePlace();
  const { areas, role } = service;
  const named = areas.slice(0, areasShown).map(({ name }) => name);
  if (areas.length > areasShown)
    named.push(t("offices:page.moreAreas", { count: areas.length - areasShown }));
  return (
    <li>
      <div className="pv-row">
        <Link
          to="/leistungen/$serviceId"
          params={{ serviceId: service.serviceId }}
          search={place ? { ars: place.ars } : {}}
        >
          {service.title}
        </Link>
        {service.online && <Badge kind="success">{t("catalog:results.online")}</Badge>}
        {role === "contactPoint" && <Badge kind="info">{t("offices:page.questionsOnly")}</Badge>}
      </div>
      <p className="pv-small pv-muted">{t("offices:page.areas", { areas: named.join(", ") })}</p>
    </li>
  );
}
