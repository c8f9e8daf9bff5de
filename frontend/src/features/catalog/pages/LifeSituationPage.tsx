import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery } from "../api";
import { LifeIcon } from "../parts/LifeIcon";
import { PlaceLine } from "../parts/PlaceLine";
import { ServiceList } from "../parts/ServiceList";
import { usePlace } from "../place";

const route = getRouteApi("/citizen/lebenslagen/$categoryId");

/** A life or business situation: what it is about, and its services. */
export default function LifeSituationPage() {
  const t = useWords();
  const { categoryId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const remembered = usePlace();
  const ars = search.ars ?? remembered?.ars;
  const { data: situations } = useSuspenseQuery(categoriesQuery);
  const situation = situations.items.find(({ id }) => id === categoryId);
  const title = situation?.title ?? t("catalog:life.unknown");
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          { id: "this", link: title },
        ]}
      />
      <div className="pv-stack pv-stack--medium pv-text">
        <div className="pv-life pv-life--page">
          {situation && <LifeIcon name={situation.icon} />}
          <PageHeading key={categoryId} title={title} />
        </div>
        {situation?.description !== undefined && <p className="pv-lead">{situation.description}</p>}
        <PlaceLine
          ars={ars}
          onChosen={(chosen) => void navigate({ search: { ars: chosen }, replace: true, resetScroll: false })}
        />
      </div>
      {situation && (
        <div className="pv-text">
          <ServiceList
            search={{ category: categoryId, ars }}
            empty={<EmptyState title={t("catalog:life.none")} />}
          />
        </div>
      )}
      <nav className="pv-stack pv-stack--medium" aria-labelledby="other-situations">
        <h2 id="other-situations">{t(situation ? "catalog:life.others" : "catalog:start.life")}</h2>
        <ul className="pv-chips">
          {situations.items
            .filter(({ id }) => id !== categoryId)
            .map(({ id, title: other }) => (
              <li key={id}>
                <Link to="/lebenslagen/$categoryId" params={{ categoryId: id }} className="pv-chip">
                  {other}
                </Link>
              </li>
            ))}
        </ul>
      </nav>
    </Page>
  );
}
