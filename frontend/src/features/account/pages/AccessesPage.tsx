import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords, type Say } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { EmptyState } from "../../../ui/EmptyState";
import { LoadMore } from "../../../ui/LoadMore";
import { accessesQuery } from "../api";
import { AccountFrame } from "../parts/AccountFrame";
import { ObjectButton } from "../parts/ObjectButton";
import { profileItems } from "../../../lib/profile";

const otherItems = ["application", "attachments", "documents"] as const;

/** Who has read the person's data, when, and on what ground. */
export default function AccessesPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:accesses.title")}>
      <Accesses />
    </AccountFrame>
  );
}

/** What was read, in words; what is not known is named as it came. */
function itemWords(name: string, t: Say): string {
  const item = profileItems.find((known) => known === name);
  if (item !== undefined) return t(`common:profileItem.${item}`);
  const other = otherItems.find((known) => known === name);
  return other === undefined ? name : t(`account:accesses.item.${other}`);
}

function Accesses() {
  const t = useWords();
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useSuspenseInfiniteQuery(accessesQuery);
  const items = data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <EmptyState title={t("account:accesses.empty")} />;
  return (
    <>
      <p>{t("account:accesses.text")}</p>
      <ul className="pv-list">
        {items.map((access) => (
          <Entry key={access.id} access={access} />
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

function Entry({ access }: { access: Schemas["Access"] }) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <li className="pv-stack pv-stack--small">
      <h2 className="pv-card-title">
        {access.who} – {access.purpose}
      </h2>
      <p>
        {t("account:accesses.what", { items: access.items.map((item) => itemWords(item, t)).join(", ") })}
      </p>
      <p className="pv-small pv-muted">
        {[
          formatDateTime(access.at, language),
          t(`account:accesses.kind.${access.kind}`),
          t(`account:accesses.ground.${access.ground}`),
          access.reference !== undefined && t("account:accesses.reference", { number: access.reference }),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {access.ground === "consent" && (
        <p className="pv-small">
          <Link to="/konto/einwilligungen">{t("account:accesses.toConsents")}</Link>
        </p>
      )}
      {access.mayObject === true && <ObjectButton access={access} />}
      {access.objectedAt !== undefined && (
        <p className="pv-small">
          {t("account:accesses.objected", { when: formatDateTime(access.objectedAt, language) })}
        </p>
      )}
    </li>
  );
}
