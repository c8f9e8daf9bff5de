import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { portalQuery } from "../../../api/portal";
import { Card } from "../../../ui/Card";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery } from "../api";
import { LifeIcon } from "../parts/LifeIcon";
import { PlaceLine } from "../parts/PlaceLine";
import { SearchBox } from "../parts/SearchBox";
import { usePlace } from "../place";

/** Where most people begin: one box, the place, and life situations. */
export default function StartPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  return (
    <>
      <div className="pv-hero">
        <div className="pv-page">
          <div className="pv-search">
            <PageHeading title={t("catalog:start.title")} />
            <p className="pv-lead">{t("catalog:start.lead", { association: portal.association.name })}</p>
            <SearchBox />
            <PlaceLine onChosen={() => undefined} />
          </div>
        </div>
      </div>
      <div className="pv-page pv-main pv-stack pv-stack--large">
        <section className="pv-stack" aria-labelledby="life">
          <h2 id="life">{t("catalog:start.life")}</h2>
          <LifeSituations />
        </section>
        <section className="pv-stack pv-stack--small pv-text">
          <h2>{t("catalog:start.oneAccountTitle")}</h2>
          <p>{t("catalog:start.oneAccountText", { home: portal.accountHome.name })}</p>
        </section>
      </div>
    </>
  );
}

function LifeSituations() {
  const t = useWords();
  const place = usePlace();
  const categories = useQuery(categoriesQuery);
  if (categories.isPending) return <Loading />;
  if (categories.isError) {
    return <ErrorState error={categories.error} onRetry={() => void categories.refetch()} />;
  }
  return (
    <ul className="pv-grid">
      {categories.data.items.map((category) => (
        <li key={category.id}>
          <Card
            title={
              <span className="pv-life">
                <LifeIcon name={category.icon} />
                <span>
                  <Link
                    to="/suche"
                    search={{ kategorie: category.id, ...(place && { ars: place.ars }) }}
                    className="kern-link--stretched"
                  >
                    {category.title}
                  </Link>
                </span>
              </span>
            }
          >
            {category.description !== undefined && <p className="pv-small">{category.description}</p>}
            <p className="pv-small pv-muted">
              {t("catalog:start.serviceCount", { count: category.services })}
            </p>
          </Card>
        </li>
      ))}
    </ul>
  );
}
