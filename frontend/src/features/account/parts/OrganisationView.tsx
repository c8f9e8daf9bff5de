import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { identityProvidersQuery } from "../../../api/identity";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Facts } from "../../../ui/Facts";
import { Icon } from "../../../ui/Icon";
import { organisationQuery } from "../api";

const joined = (separator: string, ...parts: (string | undefined)[]) => parts.filter(Boolean).join(separator);

/** The organisation that is acted for: its data with their origin, and who acts for it. */
export function OrganisationView() {
  const t = useWords();
  const language = currentLanguage();
  const { data: organisation } = useSuspenseQuery(organisationQuery);
  const { data: providers } = useSuspenseQuery(identityProvidersQuery);
  const { origin } = organisation;
  const provider = providers.items.find(({ id }) => id === origin.provider)?.name ?? origin.provider;
  const none = <span className="pv-muted">{t("account:organisation.none")}</span>;
  const register = joined(
    ", ",
    joined(" ", organisation.registerKind, organisation.registerNumber),
    organisation.registerCourt,
  );
  const address = joined(
    ", ",
    joined(" ", organisation.street, organisation.houseNumber),
    joined(" ", organisation.postalCode, organisation.city),
  );
  return (
    <div className="pv-stack pv-stack--large">
      <p>{t("account:organisation.text", { provider })}</p>
      <Facts
        items={[
          { id: "name", label: t("account:organisation.name"), value: organisation.name },
          {
            id: "legalForm",
            label: t("account:organisation.legalForm"),
            value: organisation.legalForm ?? none,
          },
          { id: "register", label: t("account:organisation.register"), value: register || none },
          { id: "address", label: t("account:organisation.address"), value: address || none },
          { id: "email", label: t("account:organisation.email"), value: organisation.email ?? none },
          {
            id: "origin",
            label: t("account:organisation.origin"),
            value: origin.verified ? (
              <span className="pv-verified">
                <Icon name="success" size="small" />
                {t("account:organisation.verified", { provider })}
              </span>
            ) : (
              t("account:organisation.unverified", { provider })
            ),
          },
          ...(origin.at === undefined
            ? []
            : [
                { id: "at", label: t("account:organisation.at"), value: formatDateTime(origin.at, language) },
              ]),
        ]}
      />
      <section className="pv-stack pv-stack--small" aria-labelledby="acting">
        <h2 id="acting">{t("account:organisation.actingTitle")}</h2>
        <p>{t("account:organisation.actingText", { provider })}</p>
        <ul className="pv-bullets">
          {organisation.acting.map(({ name, current, since }) => (
            <li key={name}>
              {name}
              {current && ` (${t("account:organisation.you")})`}
              <span className="pv-small pv-muted">
                {" "}
                · {t("account:organisation.since", { when: formatDateTime(since, language) })}
              </span>
            </li>
          ))}
        </ul>
        <p>
          <Link to="/konto/sitzungen">{t("account:organisation.sessions")}</Link>
        </p>
      </section>
    </div>
  );
}
