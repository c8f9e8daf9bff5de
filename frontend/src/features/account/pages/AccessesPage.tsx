import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { EmptyState } from "../../../ui/EmptyState";
import { LoadMore } from "../../../ui/LoadMore";
import { accessesQuery } from "../api";
import { AccountFrame } from "../parts/AccountFrame";

const profileItems: readonly Schemas["ProfileItem"][] = [
  "givenName",
  "familyName",
  "birthDate",
  "street",
  "houseNumber",
  "postalCode",
  "city",
  "email",
  "phone",
];

/** Who has read the person's data, when, and on what ground. */
export default function AccessesPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:accesses.title")}>
      <Accesses />
    </AccountFrame>
  );
}

function Accesses() {
  const t = useWords();
  const language = currentLanguage();
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useSuspenseInfiniteQuery(accessesQuery);
  const items = data.pages.flatMap((page) => page.items);
  const itemWords = (name: string) => {
    const known = profileItems.find((item) => item === name);
    return known === undefined ? name : t(`common:profileItem.${known}`);
  };
  if (items.length === 0) return <EmptyState title={t("account:accesses.empty")} />;
  return (
    <>
      <p>{t("account:accesses.text")}</p>
      <ul className="pv-list">
        {items.map((access) => (
          <li key={access.id} className="pv-stack pv-stack--small">
            <h2 className="pv-card-title">
              {access.who} – {access.purpose}
            </h2>
            <p>{access.items.map(itemWords).join(", ")}</p>
            <p className="pv-small pv-muted">
              {formatDateTime(access.at, language)} · {t(`account:accesses.ground.${access.ground}`)}
            </p>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div>
          <LoadMore busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />
        </div>
      )}
    </>
  );
}
