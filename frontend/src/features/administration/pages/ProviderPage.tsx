import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { Deliveries } from "../parts/Deliveries";
import { FitConnectCredentials } from "../parts/FitConnect";
import { ProviderAddress, ProviderSecret, ProviderTest } from "../parts/ProviderConnection";
import { ProviderBadge, ProviderFacts, ProviderTrouble } from "../parts/ProviderState";
import { lookEvery, providersQuery } from "../providers";

const waitingEvery = 3000; // ms

const route = getRouteApi("/administration/verwaltung/anbieter/$providerId");

/** One provider: how it is doing, its deliveries, a test, its address and secret; or the credentials of a connection to FIT-Connect. */
export default function ProviderPage() {
  const t = useWords();
  const { providerId } = route.useParams();
  const queryClient = useQueryClient();
  const { data } = useSuspenseQuery({
    ...providersQuery,
    // What waits goes out by itself meanwhile.
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ id, pending }) => id === providerId && pending > 0)
        ? waitingEvery
        : lookEvery,
  });
  const provider = data.items.find((known) => known.id === providerId);
  const reload = async () => {
    await queryClient.invalidateQueries({ queryKey: providersQuery.queryKey });
    await queryClient.invalidateQueries({ queryKey: ["deliveries", providerId] });
  };
  return (
    <Page narrow>
      <Breadcrumb
        items={[
          { id: "list", link: <Link to="/verwaltung/anbieter">{t("administration:providers.title")}</Link> },
          { id: "this", link: provider?.name ?? providerId },
        ]}
      />
      {provider === undefined ? (
        <>
          <PageHeading title={t("administration:providers.title")} />
          <EmptyState title={t("administration:providers.unknown")} />
        </>
      ) : (
        <>
          <div className="pv-stack pv-stack--small">
            <PageHeading title={provider.name} />
            <div role="status">
              <ProviderBadge provider={provider} />
            </div>
          </div>
          <ProviderTrouble provider={provider} />
          <ProviderFacts provider={provider} />
          {provider.mail !== undefined ? (
            <>
              <ProviderTest provider={provider} onSent={reload} />
              <Deliveries providerId={provider.id} onReplayed={reload} />
            </>
          ) : provider.fitConnect === undefined ? (
            <>
              <ProviderTest provider={provider} onSent={reload} />
              <Deliveries providerId={provider.id} onReplayed={reload} />
              <ProviderAddress key={provider.deliveryUrl ?? ""} provider={provider} onChanged={reload} />
              <ProviderSecret provider={provider} onChanged={reload} />
            </>
          ) : (
            <>
              <Deliveries providerId={provider.id} onReplayed={reload} />
              <FitConnectCredentials
                key={provider.fitConnect.clientId ?? ""}
                provider={provider}
                onChanged={reload}
              />
            </>
          )}
        </>
      )}
    </Page>
  );
}
