import { useSuspenseQuery } from "@tanstack/react-query";
import { currentLanguage, useWords } from "../../../i18n";
import { portalQuery } from "../../../api/portal";
import { formatDate, formatDateTime } from "../../../lib/dates";
import { Facts, type Fact } from "../../../ui/Facts";
import type { Service } from "../api";

/** Where a text comes from and how old it is: who released it, and when a copy was last compared with the original. */
export function TextState({ service }: { service: Service }) {
  const t = useWords();
  const language = currentLanguage();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { owner, publisher, release, sourcePortals, updatedAt, copiedAt, leikaKey } = service;
  const items: Fact[] = [
    { id: "changed", label: t("catalog:state.changed"), value: formatDate(updatedAt.slice(0, 10), language) },
  ];
  const released = [release?.by, release?.date && formatDate(release.date, language)].filter(Boolean);
  if (released.length > 0) {
    items.push({ id: "released", label: t("catalog:state.released"), value: released.join(", ") });
  }
  if (publisher !== undefined && publisher !== owner.name) {
    items.push({ id: "publisher", label: t("catalog:state.publisher"), value: publisher });
  }
  items.push({
    id: "owner",
    label: t("catalog:state.owner"),
    value: owner.id === portal.id ? owner.name : <a href={originalAddress(service)}>{owner.name}</a>,
  });
  if (copiedAt !== undefined) {
    items.push({ id: "copied", label: t("catalog:state.copied"), value: formatDateTime(copiedAt, language) });
  }
  if (sourcePortals.length > 0) {
    items.push({
      id: "sources",
      label: t("catalog:state.sources"),
      value: (
        <ul className="pv-bare">
          {sourcePortals.map(({ url, title }) => (
            <li key={url}>
              <a href={url} rel="noreferrer">
                {title}
              </a>
            </li>
          ))}
        </ul>
      ),
    });
  }
  if (leikaKey !== undefined) items.push({ id: "leika", label: t("catalog:state.leika"), value: leikaKey });
  return (
    <section className="pv-state pv-stack pv-stack--small" aria-labelledby="text-state">
      <h2 id="text-state">{t("catalog:state.title")}</h2>
      <Facts items={items} />
    </section>
  );
}

/** The page of a service at the portal that it belongs to. */
function originalAddress({ owner, id }: Service): string {
  return `${owner.url.replace(/\/$/, "")}/leistungen/${id}`;
}
