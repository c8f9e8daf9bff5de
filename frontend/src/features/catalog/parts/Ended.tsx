import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { alternativesQuery } from "../api";
import { SearchBox } from "./SearchBox";
import { ServiceItem } from "./ServiceItem";

/** The page of a service that is no longer offered: it says so, and leads on to what may be meant instead. */
export function Ended({ serviceId, ars }: { serviceId: string; ars: string | undefined }) {
  const t = useWords();
  const page = currentLanguage();
  const { data: was } = useSuspenseQuery(alternativesQuery(serviceId, ars));
  const lang = was.language === page ? undefined : was.language;
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          { id: "within", link: <Link to="/a-z">{t("catalog:register.title")}</Link> },
          { id: "this", link: <span lang={lang}>{was.title}</span> },
        ]}
      />
      <div className="pv-stack pv-stack--medium pv-text">
        <div lang={lang}>
          <PageHeading key={serviceId} title={was.title} />
        </div>
        <Alert
          kind="warning"
          level={0}
          title={
            was.since === undefined
              ? t("catalog:ended.text")
              : t("catalog:ended.since", { date: formatDate(was.since.slice(0, 10), page) })
          }
        />
      </div>
      {was.items.length > 0 && (
        <section className="pv-stack pv-stack--medium pv-text" aria-labelledby="instead">
          <h2 id="instead">{t("catalog:ended.instead")}</h2>
          <ul className="pv-list">
            {was.items.map((service) => (
              <ServiceItem key={service.id} service={service} ars={ars} level={3} />
            ))}
          </ul>
        </section>
      )}
      <section className="pv-stack pv-stack--medium pv-text" aria-labelledby="search-on">
        <h2 id="search-on">{t("catalog:ended.search")}</h2>
        <SearchBox />
      </section>
    </Page>
  );
}
