import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useWords } from "../../../i18n";
import { homeNames } from "../../../api/homes";
import { portalQuery } from "../../../api/portal";
import { sessionQuery } from "../../../api/session";
import { Card } from "../../../ui/Card";
import { ErrorState } from "../../../ui/ErrorState";
import { Icon } from "../../../ui/Icon";
import { Loading } from "../../../ui/Loading";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery, popularQuery } from "../api";
import { useFavourites } from "../favourites";
import { LifeIcon } from "../parts/LifeIcon";
import { PlaceLine } from "../parts/PlaceLine";
import { SearchBox } from "../parts/SearchBox";
import { usePlace } from "../place";

const favouritesShown = 4;

/** Where most people begin: one box, the place, what many need, and life situations. */
export default function StartPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
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
        <div className="pv-start">
          <Popular />
          <Favourites />
        </div>
        <section className="pv-stack" aria-labelledby="life">
          <h2 id="life">{t("catalog:start.life")}</h2>
          <LifeSituations />
        </section>
        <section className="pv-panel pv-account-hint" aria-labelledby="one-account">
          <Icon name="account-circle" size="large" />
          <div className="pv-stack pv-stack--small pv-text">
            <h2 id="one-account">{t("catalog:start.oneAccountTitle")}</h2>
            <p>{t("catalog:start.oneAccountText", { home: homeNames(portal, session) })}</p>
          </div>
        </section>
      </div>
    </>
  );
}

/** What many people need; a portal without services shows nothing here. */
function Popular() {
  const t = useWords();
  const place = usePlace();
  const popular = useQuery(popularQuery(place?.ars));
  const items = popular.data?.items ?? [];
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="popular">
      <h2 id="popular">{t("catalog:start.popular")}</h2>
      {popular.isPending && <Loading />}
      <ul className="pv-quick">
        {items.map(({ id, title }) => (
          <QuickLink key={id} id={id}>
            {title}
          </QuickLink>
        ))}
      </ul>
      <p>
        <Link to="/a-z">{t("catalog:start.register")}</Link>
      </p>
    </section>
  );
}

/** The latest of what the person keeps on this device. */
function Favourites() {
  const t = useWords();
  const favourites = useFavourites();
  if (favourites.length === 0) return null;
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="kept">
      <h2 id="kept">{t("catalog:start.favourites")}</h2>
      <ul className="pv-quick pv-quick--one">
        {favourites.slice(0, favouritesShown).map(({ id, title }) => (
          <QuickLink key={id} id={id}>
            {title}
          </QuickLink>
        ))}
      </ul>
      <p>
        <Link to="/merkliste">{t("catalog:start.allFavourites", { count: favourites.length })}</Link>
      </p>
    </section>
  );
}

function QuickLink({ id, children }: { id: string; children: ReactNode }) {
  const place = usePlace();
  return (
    <li>
      <Link
        to="/leistungen/$serviceId"
        params={{ serviceId: id }}
        search={place ? { ars: place.ars } : {}}
        className="pv-quick__link"
      >
        <span>{children}</span>
        <Icon name="chevron-right" />
      </Link>
    </li>
  );
}

function LifeSituations() {
  const t = useWords();
  const categories = useQuery(categoriesQuery);
  if (categories.isPending) return <Loading />;
  if (categories.isError) {
    return <ErrorState error={categories.error} onRetry={() => void categories.refetch()} />;
  }
  return (
    <ul className="pv-grid">
      {categories.data.items
        .filter(({ parentId }) => parentId === undefined)
        .map((category) => (
          <li key={category.id}>
            <Card
              title={
                <span className="pv-life">
                  <LifeIcon name={category.icon} />
                  <span>
                    <Link
                      to="/lebenslagen/$categoryId"
                      params={{ categoryId: category.id }}
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
