import { useSuspenseQuery } from "@tanstack/react-query";
import { identityAddress, identityProvidersQuery, thatProve, type TrustLevel } from "../../../api/identity";
import { useWords } from "../../../i18n";
import { AnchorButton } from "../../../ui/Button";

/** Ways to sign in with a national account or another identity provider, those of persons first; nothing where there is none. */
export function IdentityProviders({
  level,
  requestId,
  returnTo,
}: {
  level?: TrustLevel | undefined;
  requestId?: string | undefined;
  returnTo?: string | undefined;
}) {
  const t = useWords();
  const { data } = useSuspenseQuery(identityProvidersQuery);
  const providers = thatProve(data.items, level);
  if (providers.length === 0) return null;
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="identity-providers">
      <h2 id="identity-providers">{t("signin:identity.title")}</h2>
      <ul className="pv-bare pv-stack pv-stack--medium">
        {providers.map((provider) => (
          <li key={provider.id} className="pv-stack pv-stack--small">
            <div className="pv-actions">
              <AnchorButton
                variant="secondary"
                href={identityAddress(provider.id, { level, requestId, returnTo })}
              >
                {t("signin:identity.with", { provider: provider.name })}
              </AnchorButton>
            </div>
            <p className="pv-small pv-muted">{t(`signin:identity.note.${provider.subjects}`)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
