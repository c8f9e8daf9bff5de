import type { ReactNode } from "react";
import type { Schemas } from "../../../api/client";
import { verifiedBy } from "../../../forms/verified";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Facts } from "../../../ui/Facts";
import { Icon } from "../../../ui/Icon";

type Profile = Schemas["Profile"];
type Item = Schemas["ProfileItem"];

const sections: {
  name: "person" | "address" | "contact" | "bank" | "more";
  items: Item[];
}[] = [
  {
    name: "person",
    items: ["givenName", "familyName", "birthName", "birthDate", "birthPlace", "nationality"],
  },
  { name: "address", items: ["street", "houseNumber", "postalCode", "city"] },
  { name: "contact", items: ["phone", "email"] },
  { name: "bank", items: ["iban", "accountHolder"] },
  { name: "more", items: ["children", "vehicles"] },
];

/** Items that are only shown when there is something to show. */
const rare: ReadonlySet<Item> = new Set(["birthName", "accountHolder"]);

/** All of the person's data by section, each item with who vouches for it. */
export function ProfileView({ profile }: { profile: Profile }) {
  const t = useWords();
  return (
    <>
      {sections.map(({ name, items }) => (
        <section key={name} className="pv-stack pv-stack--small" aria-labelledby={`profile-${name}`}>
          <h2 id={`profile-${name}`}>{t(`account:profile.sections.${name}`)}</h2>
          <Facts
            items={items
              .filter((item) => !rare.has(item) || profile[item] !== undefined)
              .map((item) => ({
                id: item,
                label: t(`common:profileItem.${item}`),
                value: <ItemValue profile={profile} item={item} />,
              }))}
          />
        </section>
      ))}
    </>
  );
}

function ItemValue({ profile, item }: { profile: Profile; item: Item }) {
  const t = useWords();
  const origin = profile.origins?.find((known) => known.item === item);
  const value = useItemText(profile, item);
  if (value === undefined) return <span className="pv-muted">{t("account:profile.empty")}</span>;
  return (
    <>
      {value}
      {origin?.verified === true && (
        <span className="pv-small pv-verified">
          <Icon name="success" size="small" />
          {verifiedBy(origin, t)}
        </span>
      )}
    </>
  );
}

/** An item in words; undefined when there is none. */
export function useItemText(profile: Profile, item: Item): ReactNode {
  const t = useWords();
  const language = currentLanguage();
  if (item === "children") {
    return profile.children?.map((child, index) => (
      // oxlint-disable-next-line react/no-array-index-key
      <span key={index} className="pv-line">
        {[child.givenName, child.familyName].filter(Boolean).join(" ")}
        {child.birthDate !== undefined &&
          `, ${t("account:profile.bornOn", { when: formatDate(child.birthDate, language) })}`}
      </span>
    ));
  }
  if (item === "vehicles") {
    return profile.vehicles?.map((vehicle, index) => (
      // oxlint-disable-next-line react/no-array-index-key
      <span key={index} className="pv-line">
        {[vehicle.plate, vehicle.name].filter(Boolean).join(", ")}
      </span>
    ));
  }
  const value = profile[item];
  if (value === undefined || value === "") return undefined;
  if (item === "birthDate") return formatDate(value, language);
  if (item === "iban") return value.replaceAll(/(.{4})(?=.)/g, "$1 ");
  return value;
}
