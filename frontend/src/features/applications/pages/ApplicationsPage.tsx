import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { LinkButton } from "../../../ui/Button";
import { Badge } from "../../../ui/Badge";
import { EmptyState } from "../../../ui/EmptyState";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { StateBadge } from "../../../ui/StateBadge";
import { applicationsQuery } from "../api";
import { coApplicantKinds } from "../joint";

/** Drafts and submitted applications that were started at this portal. */
export default function ApplicationsPage() {
  const t = useWords();
  const language = currentLanguage();
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useSuspenseInfiniteQuery(applicationsQuery);
  const items = data.pages.flatMap((page) => page.items);
  return (
    <Page narrow>
      <PageHeading title={t("applications:list.title")} />
      <p>
        <Link to="/zahlungen">{t("applications:list.payments")}</Link>
      </p>
      {items.length === 0 ? (
        <EmptyState title={t("applications:list.empty")}>
          <div>
            <LinkButton to="/" icon="search">
              {t("applications:list.find")}
            </LinkButton>
          </div>
        </EmptyState>
      ) : (
        <ul className="pv-list">
          {items.map((item) => (
            <li key={item.id} className="pv-stack pv-stack--small">
              <div className="pv-row pv-row--between pv-row--top">
                <h2 className="pv-card-title">
                  {item.state === "draft" && item.coApplicantState === undefined ? (
                    <Link to="/antraege/$applicationId/bearbeiten" params={{ applicationId: item.id }}>
                      {item.serviceTitle}
                    </Link>
                  ) : (
                    <Link to="/antraege/$applicationId" params={{ applicationId: item.id }}>
                      {item.serviceTitle}
                    </Link>
                  )}
                </h2>
                {item.state === "draft" && item.coApplicantState !== undefined ? (
                  <Badge kind={coApplicantKinds[item.coApplicantState]}>
                    {t(`applications:joint.listedState.${item.coApplicantState}`)}
                  </Badge>
                ) : (
                  <StateBadge state={item.state} />
                )}
              </div>
              <p>
                {item.authorityName}, {item.portal.name}
              </p>
              {item.coApplicantState !== undefined && <p>{t("applications:joint.listed")}</p>}
              {item.actsFor !== undefined && (
                <p>
                  {t("applications:acting.list", { person: item.actsFor.person, name: item.actsFor.name })}
                </p>
              )}
              <p className="pv-small pv-muted">
                {item.number !== undefined && <span className="pv-nowrap">{item.number} · </span>}
                {t("applications:list.changed", { when: formatDateTime(item.changedAt, language) })}
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
