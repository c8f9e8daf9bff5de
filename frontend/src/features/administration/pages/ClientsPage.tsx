import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Badge } from "../../../ui/Badge";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { clientsQuery } from "../api";

/** Applications that use this portal's accounts or fetch deliveries. */
export default function ClientsPage() {
  const t = useWords();
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery(clientsQuery);
  const clients = data.pages.flatMap((page) => page.items);
  return (
    <Page narrow>
      <PageHeading title={t("administration:clients.title")} />
      <p>{t("administration:clients.text")}</p>
      <div>
        <LinkButton to="/verwaltung/anwendungen/neu">{t("administration:clients.new")}</LinkButton>
      </div>
      {clients.length === 0 ? (
        <EmptyState title={t("administration:clients.empty")} />
      ) : (
        <ul className="pv-list">
          {clients.map((client) => (
            <li key={client.id} className="pv-stack pv-stack--small">
              <div className="pv-row pv-row--between">
                <h2 className="pv-card-title">
                  <Link to="/verwaltung/anwendungen/$clientId" params={{ clientId: client.id }}>
                    {client.name}
                  </Link>
                </h2>
                <Badge kind={client.active ? "success" : "warning"}>
                  {t(client.active ? "administration:clients.active" : "administration:clients.inactive")}
                </Badge>
              </div>
              <p>{client.purpose.de}</p>
              <p className="pv-small pv-muted">
                {t(`administration:kind.${client.kind}.name`)} · {client.id}
              </p>
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <div>
          <LoadMore busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />
        </div>
      )}
    </Page>
  );
}
