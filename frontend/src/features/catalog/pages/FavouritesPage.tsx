import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useFavourites } from "../favourites";
import { FavouriteButton } from "../parts/FavouriteButton";
import { usePlace } from "../place";

/** The services that a person keeps on this device. It needs nothing of the portal. */
export default function FavouritesPage() {
  const t = useWords();
  const favourites = useFavourites();
  const place = usePlace();
  return (
    <Page narrow>
      <PageHeading title={t("nav.favourites")} />
      <p>{t("catalog:favourites.where")}</p>
      {favourites.length === 0 ? (
        <EmptyState title={t("catalog:favourites.noneTitle")}>
          <p>{t("catalog:favourites.noneText")}</p>
          <div className="pv-actions">
            <LinkButton to="/">{t("catalog:favourites.find")}</LinkButton>
          </div>
        </EmptyState>
      ) : (
        <ul className="pv-list">
          {favourites.map((favourite) => (
            <li key={favourite.id} className="pv-result">
              <h2 className="pv-result__title">
                <Link
                  to="/leistungen/$serviceId"
                  params={{ serviceId: favourite.id }}
                  search={place ? { ars: place.ars } : {}}
                >
                  {favourite.title}
                </Link>
              </h2>
              {favourite.teaser !== "" && <p>{favourite.teaser}</p>}
              <div>
                <FavouriteButton service={favourite} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
