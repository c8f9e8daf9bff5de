import type { Schemas } from "../../../api/client";
import { currentLanguage, type Say } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import type { Fact } from "../../../ui/Facts";

/** Who has made an application together with the person who filled it in; nothing where one person has. */
export function togetherFacts(
  people: readonly Partial<Schemas["ConsentedApplicant"]>[] | undefined,
  t: Say,
): Fact[] {
  return (people ?? []).flatMap(({ name, consentedAt }, index) =>
    consentedAt === undefined
      ? []
      : {
          id: `together-${index}`,
          label: t("applications:joint.together"),
          value: t("applications:joint.togetherValue", {
            name,
            when: formatDateTime(consentedAt, currentLanguage()),
          }),
        },
  );
}
