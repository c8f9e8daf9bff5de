import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import {
  identitiesQuery,
  identityAddress,
  identityProvidersQuery,
  unlinkIdentity,
} from "../../../api/identity";
import { sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { AnchorButton, Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { AccountFrame } from "../parts/AccountFrame";
import { ProofCancelled, useProof } from "../parts/useProof";

const here = "/konto/identitaet";

/** National accounts and other identity providers that are linked with the account. */
export default function IdentitiesPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:identities.title")}>
      <Identities />
    </AccountFrame>
  );
}

function Identities() {
  const t = useWords();
  const { data: linked } = useSuspenseQuery(identitiesQuery);
  const { data: providers } = useSuspenseQuery(identityProvidersQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { proved, dialog } = useProof();
  const open = providers.items.filter(
    (provider) =>
      provider.subjects === "person" &&
      session.actsFor === undefined &&
      !linked.items.some((identity) => identity.provider.id === provider.id),
  );
  return (
    <div className="pv-stack pv-stack--large">
      <p>{t("account:identities.text")}</p>
      <p className="pv-muted">
        {t("account:identities.now", { level: t(`account:identities.level.${session.trustLevel ?? "low"}`) })}
      </p>
      {linked.items.map((identity) => (
        <LinkedIdentity key={identity.id} identity={identity} proved={proved} />
      ))}
      {open.map((provider) => (
        <section key={provider.id} className="pv-stack pv-stack--small">
          <h2>{provider.name}</h2>
          <p>{t("account:identities.notLinked")}</p>
          <div>
            <AnchorButton
              variant="secondary"
              href={identityAddress(provider.id, { intent: "link", returnTo: here })}
            >
              {t("account:identities.link", { provider: provider.name })}
            </AnchorButton>
          </div>
        </section>
      ))}
      {dialog}
    </div>
  );
}

function LinkedIdentity({
  identity,
  proved,
}: {
  identity: Schemas["Identity"];
  proved: ReturnType<typeof useProof>["proved"];
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const language = currentLanguage();
  const { provider } = identity;
  const unlink = useAction(async () => {
    try {
      await proved(() => unlinkIdentity(identity.id));
    } catch (problem) {
      if (problem instanceof ProofCancelled) return;
      throw problem;
    }
    await queryClient.invalidateQueries({ queryKey: identitiesQuery.queryKey });
    status(t("account:identities.unlinked", { provider: provider.name }));
  });
  const items = identity.items?.map((item) => t(`common:profileItem.${item}`)).join(", ");
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{provider.name}</h2>
      <Facts
        items={[
          {
            id: "level",
            label: t("account:identities.reached"),
            value: t(`account:identities.level.${identity.level}`),
          },
          {
            id: "linked",
            label: t("account:identities.linkedAt"),
            value: formatDateTime(identity.linkedAt, language),
          },
          ...(identity.lastUsedAt === undefined
            ? []
            : [
                {
                  id: "used",
                  label: t("account:identities.usedAt"),
                  value: formatDateTime(identity.lastUsedAt, language),
                },
              ]),
          ...(items === undefined || identity.takenOverAt === undefined
            ? []
            : [
                {
                  id: "items",
                  label: t("account:identities.takenOver"),
                  value: t("account:identities.takenOverWhen", {
                    items,
                    when: formatDateTime(identity.takenOverAt, language),
                  }),
                },
              ]),
        ]}
      />
      {unlink.error !== undefined && <ErrorState error={unlink.error} />}
      <div className="pv-actions">
        {provider.subjects === "person" && (
          <AnchorButton
            variant="secondary"
            href={identityAddress(provider.id, { intent: "refresh", returnTo: here })}
          >
            {t("account:identities.refresh")}
          </AnchorButton>
        )}
        <Button variant="tertiary" busy={unlink.busy} onClick={unlink.run}>
          {t("account:identities.unlink", { provider: provider.name })}
        </Button>
      </div>
    </section>
  );
}
