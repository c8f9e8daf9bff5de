import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { clientQuery, updateClient } from "../api";
import { changeOf, draftOf } from "../draft";
import { ClientForm } from "../parts/ClientForm";
import { Checks, Removal, Secrets, Snippets } from "../parts/ClientTools";

const route = getRouteApi("/administration/verwaltung/anwendungen/$clientId");

/** One application: what is registered, its secrets, a test of its addresses, and what to enter where. */
export default function ClientPage() {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const { clientId } = route.useParams();
  const { data: stored } = useSuspenseQuery(clientQuery(clientId));
  const client = stored.data;
  const language = currentLanguage();
  return (
    <Page narrow>
      <PageHeading key={clientId} title={client.name} />
      <Facts
        items={[
          {
            id: "id",
            label: t("administration:client.id"),
            value: <code className="pv-code">{client.id}</code>,
          },
          {
            id: "kind",
            label: t("administration:client.kind"),
            value: t(`administration:kind.${client.kind}.name`),
          },
          {
            id: "changed",
            label: t("administration:client.changedAt"),
            value: formatDateTime(client.changedAt, language),
          },
        ]}
      />
      <Checks client={client} />
      {client.authentication === "clientSecret" && <Secrets client={client} />}
      {client.kind !== "machine" && <Snippets client={client} />}
      <ClientForm
        key={stored.etag}
        start={draftOf(client)}
        submit={t("administration:client.save")}
        onSave={async (draft) => {
          const saved = await updateClient(client.id, stored.etag, changeOf(draft));
          queryClient.setQueryData(clientQuery(client.id).queryKey, saved);
          status(t("administration:client.saved"));
        }}
      />
      <Removal client={client} etag={stored.etag} />
    </Page>
  );
}
