import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { identityAddress, identityProvidersQuery, thatProve, type TrustLevel } from "../../../api/identity";
import { sessionQuery } from "../../../api/session";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { AnchorButton } from "../../../ui/Button";
import { PageHeading } from "../../../ui/PageHeading";

/** A higher trust level is needed than the session has: says which, why, what for, and by what it can be proved. */
export function StepUp({
  level,
  failure,
  client,
  requestId,
  returnTo,
}: {
  level: TrustLevel;
  /** Why it did not come through before. */
  failure?: ReactNode;
  /** Who asks, when it is somebody else than this portal. */
  client?: string | undefined;
  requestId?: string | undefined;
  returnTo?: string | undefined;
}) {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data } = useSuspenseQuery(identityProvidersQuery);
  const wanted = session.actsFor === undefined ? "person" : "organisation";
  const providers = thatProve(data.items, level).filter((provider) => provider.subjects === wanted);
  return (
    <>
      <PageHeading key="stepUp" title={t("signin:stepUp.title")} />
      {failure}
      {session.displayName !== undefined && (
        <p className="pv-muted">{t("common:session.signedInAs", { name: session.displayName })}</p>
      )}
      <p>
        {client === undefined
          ? t("signin:stepUp.what", { level: t(`signin:level.${level}`) })
          : t("signin:stepUp.whatFor", { client, level: t(`signin:level.${level}`) })}{" "}
        {t("signin:stepUp.now", { level: t(`signin:level.${session.trustLevel ?? "low"}`) })}
      </p>
      <p>{t(`signin:stepUp.why.${level}`)}</p>
      <p>{t("signin:stepUp.kept")}</p>
      {providers.length === 0 ? (
        <Alert kind="info" title={t("signin:stepUp.none")}>
          <p>{t("signin:stepUp.noneText")}</p>
        </Alert>
      ) : (
        <div className="pv-actions">
          {providers.map((provider) => (
            <AnchorButton
              key={provider.id}
              icon="arrow-forward"
              href={identityAddress(provider.id, { level, requestId, returnTo })}
            >
              {t("signin:stepUp.with", { provider: provider.name })}
            </AnchorButton>
          ))}
        </div>
      )}
    </>
  );
}
