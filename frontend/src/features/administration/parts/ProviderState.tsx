import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Facts } from "../../../ui/Facts";
import { faultWords, wayOf, type Provider } from "../providers";

const stateOf = (provider: Provider) =>
  provider.gone
    ? "gone"
    : provider.mail?.certificate === "expired" || provider.mail?.certificate === "invalid"
      ? "certificate"
      : provider.parked > 0
        ? "parked"
        : provider.pending > 0 && provider.fault !== undefined
          ? "stuck"
          : provider.mail?.certificate === "endsSoon"
            ? "endsSoon"
            : "well";

const kinds = {
  gone: "danger",
  certificate: "danger",
  endsSoon: "warning",
  parked: "danger",
  stuck: "warning",
  well: "success",
} as const;

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
  if (state === "certificate" || state === "endsSoon") {
    return (
      <p>
        {t(`administration:mail.certificateText.${state === "endsSoon" ? "endsSoon" : "unusable"}`, {
          count: provider.pending,
        })}
      </p>
    );
  }
  const way = wayOf(provider);
  return (
    <p>
      {t(
        way === "webhook" || state === "gone"
          ? `administration:providers.trouble.${state}`
          : `administration:fitConnect.trouble.${state}`,
        { count: provider.parked + provider.pending },
      )}{" "}
      {provider.fault !== undefined && state !== "gone" && t(faultWords(provider.fault, way))}
    </p>
  );
}

/** Until when mails can be encrypted for an office, and how large they may be. */
function mailFacts(t: ReturnType<typeof useWords>, mail: NonNullable<Provider["mail"]>) {
  return [
    {
      id: "certificate",
      label: t("administration:mail.certificate"),
      value:
        t(`administration:mail.certificateState.${mail.certificate}`) +
        (mail.validUntil === undefined ? "" : ` (${formatDateTime(mail.validUntil, currentLanguage())})`),
    },
    ...(mail.subject === undefined
      ? []
      : [
          {
            id: "subject",
            label: t("administration:mail.subject"),
            value: <span className="pv-break">{mail.subject}</span>,
          },
        ]),
    ...(mail.sha256 === undefined
      ? []
      : [
          {
            id: "sha256",
            label: t("administration:mail.sha256"),
            value: <span className="pv-break">{mail.sha256}</span>,
          },
        ]),
    {
      id: "signed",
      label: t("administration:mail.signed"),
      value: t(mail.signed ? "administration:mail.signedYes" : "administration:mail.signedNo"),
    },
    {
      id: "largest",
      label: t("administration:mail.largest"),
      value: t("administration:mail.largestOf", { megabytes: Math.floor(mail.maxMail / (1024 * 1024)) }),
    },
  ];
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
            ) : provider.mail !== undefined ? (
              <span className="pv-break">{t("administration:mail.way", { to: provider.mail.to })}</span>
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
        ...(provider.mail === undefined ? [] : mailFacts(t, provider.mail)),
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
            `administration:${provider.mail !== undefined ? "mail" : provider.fitConnect === undefined ? "providers" : "fitConnect"}.countsOf`,
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
