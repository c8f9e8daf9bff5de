import type { Schemas } from "../../../api/client";
import type { Say } from "../../../i18n";
import type { Fact } from "../../../ui/Facts";

/** Who acts for whom in an application; nothing for a person who acts for themselves. */
export function actsForFacts(actsFor: Schemas["ActsFor"] | undefined, t: Say): Fact[] {
  if (actsFor === undefined) return [];
  if (actsFor.kind === "help") {
    return [{ id: "actsFor", label: t("applications:acting.help"), value: actsFor.person }];
  }
  return [
    {
      id: "actsFor",
      label: t(actsFor.kind === "power" ? "applications:acting.power" : "applications:acting.forWhom"),
      value: t("applications:acting.powerValue", { person: actsFor.person, name: actsFor.name }),
    },
  ];
}
