import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { hasRole, sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { createSource, kindsQuery, sourcesQuery } from "../api";
import { newSource, SourceForm } from "../parts/SourceForm";

/** An administrator sets up a source: first what it is, then what that needs. */
export default function NewSourcePage() {
  const t = useWords();
  const status = useStatus();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: kinds } = useSuspenseQuery(kindsQuery(currentLanguage()));
  const [chosen, setChosen] = useState("");
  const kind = kinds.find(({ id }) => id === chosen);
  return (
    <Page narrow>
      <div className="pv-stack pv-stack--small">
        <Breadcrumb
          items={[
            { id: "sources", link: <Link to="/redaktion/quellen">{t("sources:list.title")}</Link> },
            { id: "new", link: t("sources:create.title") },
          ]}
        />
        <PageHeading title={t("sources:create.title")} />
      </div>
      {!hasRole(session, "admin") && <Alert kind="info" title={t("sources:list.readOnly")} />}
      {hasRole(session, "admin") && (
        <>
          <Radios
            id="kind"
            label={t("sources:create.kind")}
            options={kinds.map(({ id, title, help }) => ({
              value: id,
              label: (
                <>
                  <span className="pv-strong pv-block">{title}</span>
                  <span className="pv-small pv-block">{help}</span>
                </>
              ),
            }))}
            value={chosen}
            onChange={setChosen}
          />
          {kind && (
            <SourceForm
              key={kind.id}
              kind={kind}
              initial={newSource()}
              secretsSet={[]}
              submit={t("sources:create.save")}
              onSave={async (source, key) => {
                const made = await createSource(key, kind.id, source);
                await queryClient.invalidateQueries({ queryKey: sourcesQuery.queryKey });
                await navigate({ to: "/redaktion/quellen/$sourceId", params: { sourceId: made.id } });
                status(t("sources:create.done"));
              }}
            />
          )}
        </>
      )}
    </Page>
  );
}
