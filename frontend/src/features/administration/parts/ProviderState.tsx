import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Facts } from "../../../ui/Facts";
import { faultWords, type Provider } from "../providers";

const stateOf = (provider: Provider) =>
  provider.gone
    ? "gone"
    : provider.parked > 0
      ? "parked"
      : provider.pending > 0 && provider.fault !== undefined
        ? "stuck"
        : "well";

const kinds = { gone: "danger", parked: "danger", stuck: "warning", well: "success" } as const;

/** How a provider is doing, in a word. */
export function ProviderBadge({ provider }: { provider: Provider }) {
  const t = useWords();
  const state = stateOf(provider);
  return <Badge kind={kinds[state]}>{t(`administration:providers.state.${state}`)}</Badge>;
}

/** What is stuck, why, and what to do about it. */
export function ProviderTrouble({ provider }: { provider: Provider }) {
  const t = useWords();
  const state = stateOf(provider);
  if (state === "well") return null;
  return (
    <p>
      {t(
        provider.fitConnect !== undefined && state !== "gone"
          ? `administration:fitConnect.trouble.${state}`
          : `administration:providers.trouble.${state}`,
        { count: provider.parked + provider.pending },
      )}{" "}
      {provider.fault !== undefined &&
        state !== "gone" &&
        t(faultWords(provider.fault, provider.fitConnect !== undefined))}
    </p>
  );
}

export function ProviderFacts({ provider }: { provider: Provider }) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <Facts
      items={[
        {
          id: "way",
          label: t("administration:providers.way"),
          value:
            provider.fitConnect !== undefined ? (
              <span className="pv-break">{`FIT-Connect (${provider.fitConnect.submissionUrl})`}</span>
            ) : provider.deliveryUrl === undefined ? (
              t("administration:providers.fetches")
            ) : (
              <span className="pv-break">{provider.deliveryUrl}</span>
            ),
        },
        ...(provider.fitConnect === undefined
          ? []
          : [
              {
                id: "credentials",
                label: t("administration:fitConnect.credentialsTitle"),
                value: t(
                  provider.fitConnect.credentials
                    ? "administration:fitConnect.credentialsThere"
                    : "administration:fitConnect.credentialsMissing",
                ),
              },
            ]),
        ...(["lastDeliveredAt", "lastFetchedAt", "waitingSince", "formerSecretUntil"] as const).flatMap(
          (name) => {
            const at = provider[name];
            return at === undefined
              ? []
              : [
                  {
                    id: name,
                    label: t(`administration:providers.${name}`),
                    value: formatDateTime(at, language),
                  },
                ];
          },
        ),
        {
          id: "counts",
          label: t("administration:providers.counts"),
          value: t(
            provider.fitConnect === undefined
              ? "administration:providers.countsOf"
              : "administration:fitConnect.countsOf",
            {
              pending: provider.pending,
              delivered: provider.delivered,
              parked: provider.parked,
            },
          ),
        },
      ]}
    />
  );
}
