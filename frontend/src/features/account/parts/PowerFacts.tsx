import type { Power } from "../../../api/acting";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, formatDateTime } from "../../../lib/dates";
import { Facts, type Fact } from "../../../ui/Facts";

const titles = (list: { id: string; title: string }[]) => (
  <ul className="pv-bare">
    {list.map((scope) => (
      <li key={scope.id}>{scope.title}</li>
    ))}
  </ul>
);

/** What a power of attorney says: who, for whom, what for, and until when. */
export function PowerFacts({ power }: { power: Power }) {
  const t = useWords();
  const language = currentLanguage();
  const at = (id: "created" | "accepted" | "confirmed" | "ended", when: string | undefined): Fact[] =>
    when === undefined ? [] : [{ id, label: t(`powers:page.${id}`), value: formatDateTime(when, language) }];
  const by = power.endedBy;
  const ended = at("ended", power.endedAt).map((fact) =>
    by !== undefined && power.state === "withdrawn"
      ? {
          ...fact,
          value: `${formatDateTime(power.endedAt ?? "", language)}, ${t(`powers:page.endedBy.${by}`, {
            principal: power.principal,
            representative: power.representative,
          })}`,
        }
      : fact,
  );
  return (
    <Facts
      items={[
        { id: "principal", label: t("powers:page.principal"), value: power.principal },
        { id: "representative", label: t("powers:page.representative"), value: power.representative },
        ...(power.services.length === 0
          ? []
          : [{ id: "services", label: t("powers:page.services"), value: titles(power.services) }]),
        ...(power.groups.length === 0
          ? []
          : [{ id: "groups", label: t("powers:page.groups"), value: titles(power.groups) }]),
        {
          id: "data",
          label: t("powers:page.data"),
          value:
            power.profileItems.map((item) => t(`common:profileItem.${item}`)).join(", ") ||
            t("powers:page.noData"),
        },
        {
          id: "until",
          label: t("powers:page.validUntil"),
          value: formatDate(power.validUntil, language),
        },
        ...(power.trustLevel === undefined
          ? []
          : [
              {
                id: "level",
                label: t("powers:page.level"),
                value: t(`common:level.${power.trustLevel}`),
              },
            ]),
        ...(power.email === undefined
          ? []
          : [
              {
                id: "email",
                label: t("powers:page.email"),
                value: <span className="pv-break">{power.email}</span>,
              },
            ]),
        ...at("created", power.createdAt),
        ...at("accepted", power.acceptedAt),
        ...at("confirmed", power.confirmedAt),
        ...ended,
      ]}
    />
  );
}
