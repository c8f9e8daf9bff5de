import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { expectHeading } from "../../../lib/focus";
import { LinkButton } from "../../../ui/Button";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { createClient } from "../api";
import { emptyDraft } from "../draft";
import { ClientForm } from "../parts/ClientForm";
import { Snippets } from "../parts/ClientTools";
import { SecretOnce } from "../parts/SecretOnce";

/** Registers an application; then shows its secret once, and what to enter where. */
export default function NewClientPage() {
  const t = useWords();
  const [made, setMade] = useState<Schemas["ClientWithSecret"]>();
  if (made === undefined) {
    return (
      <Page narrow>
        <PageHeading key="new" title={t("administration:clients.new")} />
        <ClientForm
          start={emptyDraft}
          isNew
          submit={t("administration:clients.create")}
          onSave={async (draft, key) => {
            const answer = await createClient(key, draft);
            expectHeading();
            setMade(answer);
          }}
        />
      </Page>
    );
  }
  return (
    <Page narrow>
      <PageHeading key="made" title={t("administration:clients.made", { name: made.client.name })} />
      <p>
        {t("administration:client.id")}{" "}
        <code className="pv-code" data-client-id>
          {made.client.id}
        </code>
      </p>
      {made.secret !== undefined && <SecretOnce secret={made.secret} />}
      {made.client.kind !== "machine" && <Snippets client={made.client} />}
      <div>
        <LinkButton to="/verwaltung/anwendungen/$clientId" params={{ clientId: made.client.id }}>
          {t("administration:clients.toClient")}
        </LinkButton>
      </div>
    </Page>
  );
}
