import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery, type Category } from "../api";
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
  const parts = situations.items.filter(({ parentId }) => parentId === categoryId);
  const others = situations.items.filter(
    ({ id, parentId }) => id !== categoryId && parentId === situation?.parentId,
  );
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          ...above(situation, situations.items).map((wider) => ({
            id: wider.id,
            link: (
              <Link to="/lebenslagen/$categoryId" params={{ categoryId: wider.id }}>
                {wider.title}
              </Link>
            ),
          })),
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
      {parts.length > 0 && <Situations id="parts" title={t("catalog:life.parts")} items={parts} counted />}
      {situation && (
        <div className="pv-text">
          <ServiceList
            search={{ category: categoryId, ars }}
            empty={<EmptyState title={t("catalog:life.none")} />}
          />
        </div>
      )}
      {others.length > 0 && (
        <Situations
          id="other-situations"
          title={t(situation ? "catalog:life.others" : "catalog:start.life")}
          items={others}
        />
      )}
    </Page>
  );
}

/** What a situation is a part of, the widest first. */
function above(situation: Category | undefined, all: Category[]): Category[] {
  const wider = all.find(({ id }) => id === situation?.parentId);
  return wider === undefined ? [] : [...above(wider, all), wider];
}

function Situations({
  id,
  title,
  items,
  counted = false,
}: {
  id: string;
  title: string;
  items: Category[];
  /** Whether the number of services is said. */
  counted?: boolean;
}) {
  const t = useWords();
  return (
    <nav className="pv-stack pv-stack--medium" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul className="pv-chips">
        {items.map((item) => (
          <li key={item.id}>
            <Link to="/lebenslagen/$categoryId" params={{ categoryId: item.id }} className="pv-chip">
              {item.title}
              {counted && (
                <>
                  {" "}
                  <span className="pv-muted" aria-hidden>
                    {item.services}
                  </span>
                  <span className="pv-hidden">
                    , {t("catalog:start.serviceCount", { count: item.services })}
                  </span>
                </>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
