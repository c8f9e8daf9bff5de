import { useInfiniteQuery, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { Timeline } from "../../../ui/Timeline";
import { useAction } from "../../../ui/useAction";
import { acts, entryQuery, versionQuery, versionsQuery, type Content, type Ref, type Version } from "../api";
import { kindOf, type Area } from "../kinds";
import { Comparison } from "../parts/Comparison";

const route = getRouteApi("/editors/redaktion/$area/$entryId/fassungen");

/** The versions of an entry: who released what when; any two can be compared, and an old one made the draft. */
export default function VersionsPage() {
  const t = useWords();
  const { area, entryId } = route.useParams();
  const kind = kindOf(area);
  if (!kind) throw notFound();
  const ref: Ref = { kind, id: entryId };
  const { data: entry } = useSuspenseQuery(entryQuery(ref));
  const list = useInfiniteQuery(versionsQuery(ref));
  const versions = list.data?.pages.flatMap((page) => page.items) ?? [];
  const title = t("editing:versions.title", { title: entry.data.title });
  return (
    <Page>
      <Breadcrumb
        items={[
          {
            id: "area",
            link: (
              <Link to="/redaktion/$area" params={{ area }}>
                {t(`editing:area.${area as Area}`)}
              </Link>
            ),
          },
          {
            id: "entry",
            link: (
              <Link to="/redaktion/$area/$entryId" params={{ area, entryId }}>
                {entry.data.title}
              </Link>
            ),
          },
          { id: "this", link: t("editing:versions.short") },
        ]}
      />
      <PageHeading title={title} />
      {list.isPending && <Loading />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && versions.length === 0 && <EmptyState title={t("editing:versions.none")} />}
      {versions.length > 0 && (
        <>
          <Compare entryRef={ref} versions={versions} now={entry.data.content as Content} />
          <section className="pv-stack pv-stack--medium" aria-labelledby="versions-list">
            <h2 id="versions-list">{t("editing:versions.list")}</h2>
            <Timeline
              items={versions.map((version) => ({
                id: String(version.number),
                title: versionLabel(version, t),
                meta: [formatDateTime(version.at, currentLanguage()), who(version, t)]
                  .filter(Boolean)
                  .join(" · "),
                text: version.note,
              }))}
            />
            {list.hasNextPage && (
              <div>
                <LoadMore busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />
              </div>
            )}
          </section>
        </>
      )}
    </Page>
  );
}

type Say = ReturnType<typeof useWords>;

const versionLabel = (version: Version, t: Say) =>
  `${t("editing:versions.number", { number: version.number })}: ${t(`editing:version.${version.action}`)}`;

const who = (version: Version, t: Say) =>
  version.reviewedFor === undefined || version.by === undefined
    ? version.by
    : t("editing:versions.reviewed", { by: version.by, author: version.reviewedFor });

function Compare({ entryRef, versions, now }: { entryRef: Ref; versions: Version[]; now: Content }) {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const navigate = route.useNavigate();
  const { area, entryId } = route.useParams();
  const { data: entry } = useSuspenseQuery(entryQuery(entryRef));
  const [before, setBefore] = useState(String(versions[0]?.number ?? ""));
  const [after, setAfter] = useState("now");
  const first = useQuery({ ...versionQuery(entryRef, Number(before)), enabled: before !== "" });
  const second = useQuery({
    ...versionQuery(entryRef, Number(after)),
    enabled: after !== "now" && after !== "",
  });
  const other = after === "now" ? now : second.data?.content;
  const options = versions.map((version) => ({
    value: String(version.number),
    label: versionLabel(version, t),
  }));
  const restore = useAction(async () => {
    const restored = await acts.restore(entryRef, entry.etag, Number(before));
    queryClient.setQueryData(entryQuery(entryRef).queryKey, restored);
    status(t("editing:versions.restored"));
    await navigate({ to: "/redaktion/$area/$entryId", params: { area, entryId } });
  });
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="compare-title">
      <h2 id="compare-title">{t("editing:versions.compare")}</h2>
      <div className="pv-fields-row">
        <Select
          id="before"
          label={t("editing:versions.before")}
          options={options}
          value={before}
          onChange={setBefore}
        />
        <Select
          id="after"
          label={t("editing:versions.after")}
          options={[{ value: "now", label: t("editing:versions.now") }, ...options]}
          value={after}
          onChange={setAfter}
        />
      </div>
      {first.isError && <ErrorState error={first.error} />}
      {first.data && other !== undefined && (
        <Comparison before={first.data.content as Content} after={other as Content} />
      )}
      {restore.error !== undefined && <ErrorState error={restore.error} />}
      {entry.data.rights.edit && first.data?.content !== undefined && (
        <div>
          <Button variant="secondary" busy={restore.busy} onClick={restore.run}>
            {t("editing:versions.restore", { number: before })}
          </Button>
        </div>
      )}
    </section>
  );
}
