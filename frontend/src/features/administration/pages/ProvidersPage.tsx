import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { ProviderBadge, ProviderFacts, ProviderTrouble } from "../parts/ProviderState";
import { providersQuery } from "../providers";

/** Regional providers with software of their own, and how each is doing. */
export default function ProvidersPage() {
  const t = useWords();
  const { data } = useSuspenseQuery(providersQuery);
  return (
    <Page narrow>
      <PageHeading title={t("administration:providers.title")} />
      <p>{t("administration:providers.text")}</p>
      {data.items.length === 0 ? (
        <EmptyState title={t("administration:providers.empty")} />
      ) : (
        <ul className="pv-list">
          {data.items.map((provider) => (
            <li key={provider.id} className="pv-stack pv-stack--small">
              <div className="pv-row pv-row--between">
                <h2 className="pv-card-title">
                  <Link to="/verwaltung/anbieter/$providerId" params={{ providerId: provider.id }}>
                    {provider.name}
                  </Link>
                </h2>
                <ProviderBadge provider={provider} />
              </div>
              <ProviderTrouble provider={provider} />
              <ProviderFacts provider={provider} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
