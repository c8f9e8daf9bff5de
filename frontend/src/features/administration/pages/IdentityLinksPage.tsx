import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime, formatDay } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { type Fact, Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { checkIdentityLink, identityLinksQuery, type IdentityLink } from "../api";

const kinds = { usable: "success", kept: "warning", unusable: "danger" } as const;

/** The services that people sign in with, and whether each can be used. */
export default function IdentityLinksPage() {
  const t = useWords();
  const { data } = useSuspenseQuery(identityLinksQuery);
  return (
    <Page narrow>
      <PageHeading title={t("administration:identity.title")} />
      <p>{t("administration:identity.text")}</p>
      {data.items.length === 0 ? (
        <EmptyState title={t("administration:identity.empty")} />
      ) : (
        <ul className="pv-list">
          {data.items.map((link) => (
            <LinkItem key={link.id} link={link} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function LinkItem({ link }: { link: IdentityLink }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const check = useAction(async () => {
    const found = await checkIdentityLink(link.id);
    queryClient.setQueryData(
      identityLinksQuery.queryKey,
      (before) => before && { items: before.items.map((known) => (known.id === found.id ? found : known)) },
    );
    status(t("administration:identity.checked", { name: link.name }));
  });
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h2 className="pv-card-title">{link.name}</h2>
        <Badge kind={kinds[link.state]}>{t(`administration:identity.state.${link.state}`)}</Badge>
      </div>
      {link.reason !== undefined && <p>{t(`administration:identity.reason.${link.reason}`)}</p>}
      {link.state !== "usable" && (
        <p>
          {t(link.state === "kept" ? "administration:identity.kept" : "administration:identity.unusable")}
        </p>
      )}
      <Facts items={useFacts(link)} />
      <details>
        <summary>
          {t("administration:identity.details")}
          <span className="pv-hidden">: {link.name}</span>
        </summary>
        <Facts items={useDetails(link)} />
      </details>
      {check.error !== undefined && <ErrorState error={check.error} />}
      <div className="pv-actions">
        <Button variant="secondary" small busy={check.busy} onClick={check.run}>
          {t("administration:identity.check")}
          <span className="pv-hidden">: {link.name}</span>
        </Button>
      </div>
    </li>
  );
}

function useFacts(link: IdentityLink): Fact[] {
  const t = useWords();
  const language = currentLanguage();
  const levels = link.levels.map((level) => t(`administration:identity.level.${level}`)).join(", ");
  return [
    {
      id: "kind",
      label: t("administration:identity.kind"),
      value: t(`administration:identity.kinds.${link.kind}`),
    },
    {
      id: "subjects",
      label: t("administration:identity.subjects"),
      value: t(`administration:identity.subject.${link.subjects}`),
    },
    ...(link.levels.length === 0
      ? []
      : [{ id: "levels", label: t("administration:identity.levels"), value: levels }]),
    ...(["readAt", "failedAt", "validUntil"] as const).flatMap((name) => {
      const at = link[name];
      return at === undefined
        ? []
        : [{ id: name, label: t(`administration:identity.${name}`), value: formatDateTime(at, language) }];
    }),
  ];
}

/** What those who look after the identity provider ask for. */
function useDetails(link: IdentityLink): Fact[] {
  const [now] = useState(() => new Date().toISOString());
  const t = useWords();
  const language = currentLanguage();
  return [
    ...(["entityId", "ownEntityId", "answersTo", "metadataUrl"] as const).flatMap((name) => {
      const value = link[name];
      return value === undefined
        ? []
        : [
            {
              id: name,
              label: t(`administration:identity.${name}`),
              value: <code className="pv-break">{value}</code>,
            },
          ];
    }),
    ...link.certificates.map(({ of, sha256, notAfter }) => ({
      id: `${of} ${sha256}`,
      label: t(`administration:identity.certificate.${of}`),
      value: (
        <>
          {t(notAfter < now ? "administration:identity.over" : "administration:identity.notAfter", {
            when: formatDay(notAfter, language),
          })}
          <br />
          <code className="pv-small pv-break">{sha256}</code>
        </>
      ),
    })),
  ];
}
