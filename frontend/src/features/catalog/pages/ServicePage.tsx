import { useQuery, useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate, notFound } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Icon } from "../../../ui/Icon";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { offersQuery, serviceQuery, servicesQuery, type Service } from "../api";
import { useAsker } from "../asker";
import { Ended } from "../parts/Ended";
import { FavouriteButton } from "../parts/FavouriteButton";
import { LanguageVersions } from "../parts/LanguageVersions";
import { NextStep } from "../parts/NextStep";
import { OfficeCard } from "../parts/OfficeCard";
import { Contents, Sections } from "../parts/ServiceParts";
import { serviceSections } from "../parts/serviceSections";
import { TextNotices } from "../parts/TextNotices";
import { TextState } from "../parts/TextState";
import { usePlace } from "../place";
import { textLanguages } from "../textLanguages";

const route = getRouteApi("/citizen/leistungen/$serviceId");

/** A service by its id, or by its LeiKa key, which leads to it. */
export default function ServicePage() {
  const { serviceId } = route.useParams();
  if (/^\d{14}$/.test(serviceId)) return <ByLeikaKey leikaKey={serviceId} />;
  return <ServiceById serviceId={serviceId} />;
}

function ByLeikaKey({ leikaKey }: { leikaKey: string }) {
  const search = route.useSearch();
  const { data } = useSuspenseInfiniteQuery(servicesQuery({ q: leikaKey, ars: search.ars }));
  const service = data.pages[0]?.items.find((found) => found.leikaKey === leikaKey);
  // The router takes it as it takes a redirection.
  // oxlint-disable-next-line typescript/only-throw-error
  if (!service) throw notFound();
  return <Navigate to="/leistungen/$serviceId" params={{ serviceId: service.id }} search={search} replace />;
}

function ServiceById({ serviceId }: { serviceId: string }) {
  const search = route.useSearch();
  const remembered = usePlace();
  // Until the page for another place is there, this one stays, and the focus on it.
  const ars = useDeferredValue(search.ars ?? remembered?.ars);
  const { data: service } = useSuspenseQuery(serviceQuery(serviceId, ars, search.sprache));
  if (service === null || service.state === "ended") return <Ended serviceId={serviceId} ars={ars} />;
  return <Description service={service} ars={ars} />;
}

/** A service, in the order in which people need it: what to do now, cost, documents, time, who is competent, the rest. */
function Description({ service, ars }: { service: Service; ars: string | undefined }) {
  const t = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { who, say } = useAsker(
    search.fuer,
    (fuer) =>
      void navigate({
        search: (before) => defined({ ...before, fuer }),
        replace: true,
        resetScroll: false,
      }),
  );
  const offers = useQuery(offersQuery(service.id, ars, who));
  const sole = offers.data?.resolution === "found" ? offers.data.items[0] : undefined;
  const { first, rest } = serviceSections(service, t);
  const lang = textLanguages(service, currentLanguage());
  return (
    <Page>
      <div className="pv-stack pv-stack--medium">
        <Breadcrumb
          items={[
            { id: "home", link: <Link to="/">{t("common:home")}</Link> },
            { id: "within", link: <Within service={service} /> },
            { id: "this", link: <span lang={lang("/title")}>{service.title}</span> },
          ]}
        />
        <div className="pv-stack pv-stack--medium pv-text">
          <div lang={lang("/title")}>
            <PageHeading key={service.id} title={service.title} />
          </div>
          <p className="pv-lead" lang={lang("/teaser")}>
            {service.teaser}
          </p>
          <LanguageVersions service={service} />
          <TextNotices service={service} />
          <div className="pv-row pv-no-print">
            <FavouriteButton service={service} />
            <button type="button" className="pv-tool" onClick={() => window.print()}>
              <Icon name="print" />
              {t("common:print")}
            </button>
          </div>
        </div>
      </div>
      <div className="pv-service">
        <div className="pv-service__main pv-stack pv-stack--large">
          <NextStep
            service={service}
            offers={offers}
            ars={ars}
            who={who}
            onAnswer={say}
            onPlace={(chosen) =>
              void navigate({
                search: (before) => ({ ...before, ars: chosen }),
                replace: true,
                resetScroll: false,
              })
            }
          />
          <Contents
            sections={[
              ...first,
              ...(sole ? [{ id: "office", title: t("catalog:office.title") }] : []),
              ...rest,
            ]}
          />
          <Sections sections={first} />
        </div>
        {sole && <OfficeCard offer={sole} asked={{ serviceId: service.id, ars, who }} />}
        <div className="pv-service__more pv-stack pv-stack--large">
          <Sections sections={rest} />
          <Situations service={service} />
          <TextState service={service} />
          <PrintedLine service={service} />
        </div>
      </div>
    </Page>
  );
}

/** What the service is listed under: its first life situation, else the list of all. */
function Within({ service }: { service: Service }) {
  const t = useWords();
  const situation = service.categoryPaths[0];
  if (!situation) return <Link to="/a-z">{t("catalog:register.title")}</Link>;
  return (
    <Link to="/lebenslagen/$categoryId" params={{ categoryId: situation.id }}>
      {situation.title}
    </Link>
  );
}

/** The life situations that the service is a part of, to look for what else there is to do. */
function Situations({ service }: { service: Service }) {
  const t = useWords();
  if (service.categoryPaths.length === 0) return null;
  return (
    <nav className="pv-stack pv-stack--small pv-no-print" aria-labelledby="situations">
      <h2 id="situations">{t("catalog:service.situations")}</h2>
      <ul className="pv-chips">
        {service.categoryPaths.map(({ id, title }) => (
          <li key={id}>
            <Link to="/lebenslagen/$categoryId" params={{ categoryId: id }} className="pv-chip">
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** On paper: where this is from, and when it was so. */
function PrintedLine({ service }: { service: Service }) {
  const t = useWords();
  const [today] = useState(() => new Date().toISOString().slice(0, 10));
  return (
    <p className="pv-print-only">
      {t("catalog:service.printed", {
        address: `${window.location.origin}/leistungen/${service.id}`,
        date: formatDate(today, currentLanguage()),
      })}
    </p>
  );
}
