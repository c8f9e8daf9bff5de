import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { classes } from "../../../lib/classes";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { EmptyState } from "../../../ui/EmptyState";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { mailboxQuery } from "../api";

/** Messages from all linked portals. */
export default function MailboxPage() {
  const t = useWords();
  const language = currentLanguage();
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useSuspenseInfiniteQuery({
    ...mailboxQuery,
    refetchInterval: 30_000,
  });
  const items = data.pages.flatMap((page) => page.items);
  const unread = data.pages[0]?.unread ?? 0;
  return (
    <Page narrow>
      <div className="pv-stack pv-stack--small">
        <PageHeading title={t("mailbox:title")} />
        <p className="pv-muted" role="status">
          {t("mailbox:unread", { count: unread })}
        </p>
      </div>
      {items.length === 0 ? (
        <EmptyState title={t("mailbox:empty")} />
      ) : (
        <ul className="pv-list">
          {items.map((message) => (
            <li key={message.id} className="pv-stack pv-stack--small">
              <div className="pv-row pv-row--between pv-row--top">
                <h2 className={classes("pv-card-title", !message.read && "pv-unread")}>
                  <Link to="/postfach/$messageId" params={{ messageId: message.id }}>
                    {message.subject}
                  </Link>
                </h2>
                {!message.read && <Badge kind="info">{t("mailbox:new")}</Badge>}
              </div>
              <p className="pv-small pv-muted">
                {message.sender} · {formatDateTime(message.at, language)}
              </p>
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <div>
          <LoadMore busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />
        </div>
      )}
    </Page>
  );
}
