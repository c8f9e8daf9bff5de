import { useInfiniteQuery, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
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
import {
  editedFormQuery,
  formVersionQuery,
  formVersionsQuery,
  saveForm,
  type EditedForm,
  type FormVersion,
} from "../builder/api";
import { Changes } from "../builder/Changes";

const route = getRouteApi("/editors/redaktion/formulare/$formId/fassungen");

/** What was released of a form: by whom and when; any two can be compared, and an old one made the working copy. */
export default function FormVersionsPage() {
  const t = useWords();
  const { formId } = route.useParams();
  const { data: form } = useSuspenseQuery(editedFormQuery(formId));
  const list = useInfiniteQuery(formVersionsQuery(formId));
  const versions = list.data?.pages.flatMap((page) => page.items) ?? [];
  const name = form.data.title === "" ? t("builder:untitledForm") : form.data.title;
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "forms", link: <Link to="/redaktion/formulare">{t("builder:list.title")}</Link> },
          {
            id: "form",
            link: (
              <Link to="/redaktion/formulare/$formId" params={{ formId }}>
                {name}
              </Link>
            ),
          },
          { id: "this", link: t("editing:versions.short") },
        ]}
      />
      <PageHeading title={t("editing:versions.title", { title: name })} />
      {list.isPending && <Loading />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && versions.length === 0 && <EmptyState title={t("editing:versions.none")} />}
      {versions.length > 0 && (
        <>
          <Compare form={form} versions={versions} />
          <section className="pv-stack pv-stack--medium" aria-labelledby="versions-list">
            <h2 id="versions-list">{t("editing:versions.list")}</h2>
            <Timeline
              items={versions.map((version) => ({
                id: String(version.number),
                title: t("editing:versions.number", { number: version.number }),
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

const who = ({ by, reviewedFor }: FormVersion, t: ReturnType<typeof useWords>) =>
  reviewedFor === undefined || by === undefined
    ? by
    : t("editing:versions.reviewed", { by, author: reviewedFor });

function Compare({ form, versions }: { form: EditedForm; versions: FormVersion[] }) {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const navigate = route.useNavigate();
  const { id, hasDraft, content, rights } = form.data;
  const [latest, previous] = versions;
  const [before, setBefore] = useState(String((hasDraft ? latest : (previous ?? latest))?.number ?? ""));
  const [after, setAfter] = useState(hasDraft ? "now" : String(latest?.number ?? ""));
  const first = useQuery({ ...formVersionQuery(id, Number(before)), enabled: before !== "" });
  const second = useQuery({
    ...formVersionQuery(id, Number(after)),
    enabled: after !== "now" && after !== "",
  });
  const other = after === "now" ? content : second.data;
  const error = first.error ?? second.error;
  const options = versions.map(({ number }) => ({
    value: String(number),
    label: t("editing:versions.number", { number }),
  }));
  const restore = useAction(async () => {
    if (!first.data) return;
    const saved = await saveForm(id, form.etag, first.data);
    queryClient.setQueryData(editedFormQuery(id).queryKey, saved);
    status(t("builder:versions.restored"));
    await navigate({ to: "/redaktion/formulare/$formId", params: { formId: id } });
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
          options={[...(hasDraft ? [{ value: "now", label: t("builder:versions.now") }] : []), ...options]}
          value={after}
          onChange={setAfter}
        />
      </div>
      {error && <ErrorState error={error} />}
      <div role="status">
        {first.data && other !== undefined && <Changes before={first.data} after={other} />}
      </div>
      {restore.error !== undefined && <ErrorState error={restore.error} />}
      {rights.edit && first.data && (
        <div>
          <Button variant="secondary" busy={restore.busy} onClick={restore.run}>
            {t("builder:versions.restore", { number: before })}
          </Button>
        </div>
      )}
    </section>
  );
}
