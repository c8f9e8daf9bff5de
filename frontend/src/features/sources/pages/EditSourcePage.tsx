import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import { useState } from "react";
import { hasRole, sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { kindsQuery, sourceQuery, updateSource } from "../api";
import { SourceForm } from "../parts/SourceForm";

const route = getRouteApi("/editors/redaktion/quellen/$sourceId/bearbeiten");

/** An administrator changes a source. Its secrets stay as they are where nothing is entered. */
export default function EditSourcePage() {
  const t = useWords();
  const status = useStatus();
  const navigate = route.useNavigate();
  const queryClient = useQueryClient();
  const { sourceId } = route.useParams();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: kinds } = useSuspenseQuery(kindsQuery(currentLanguage()));
  const { data: read } = useSuspenseQuery(sourceQuery(sourceId));
  const [{ data: source, etag }] = useState(read); // as it was when the form was opened
  const kind = kinds.find(({ id }) => id === source.kind);
  if (!kind) throw notFound();
  const { name, settings, enabled, complete, schedule } = source;
  return (
    <Page narrow>
      <div className="pv-stack pv-stack--small">
        <Breadcrumb
          items={[
            { id: "sources", link: <Link to="/redaktion/quellen">{t("sources:list.title")}</Link> },
            {
              id: "source",
              link: (
                <Link to="/redaktion/quellen/$sourceId" params={{ sourceId }}>
                  {source.name}
                </Link>
              ),
            },
            { id: "edit", link: t("sources:edit.short") },
          ]}
        />
        <PageHeading title={t("sources:edit.title", { name: source.name })} />
        <p>{kind.title}</p>
      </div>
      {hasRole(session, "admin") ? (
        <SourceForm
          kind={kind}
          initial={{ name, settings, enabled, complete, schedule }}
          secretsSet={source.secretsSet}
          submit={t("sources:edit.save")}
          onSave={async (changed) => {
            await updateSource(sourceId, etag, changed);
            await queryClient.invalidateQueries({ queryKey: ["sources"] });
            await navigate({ to: "/redaktion/quellen/$sourceId", params: { sourceId } });
            status(t("sources:edit.done"));
          }}
        />
      ) : (
        <Alert kind="info" title={t("sources:list.readOnly")} />
      )}
    </Page>
  );
}
