import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, notFound } from "@tanstack/react-router";
import { useState } from "react";
import { portalQuery } from "../../api/portal";
import type { Service } from "../../features/catalog/api";
import { OfficeCard } from "../../features/catalog/parts/OfficeCard";
import { serviceSections } from "../../features/catalog/parts/serviceSections";
import { Sections } from "../../features/catalog/parts/ServiceParts";
import { TextNotices } from "../../features/catalog/parts/TextNotices";
import { TextState } from "../../features/catalog/parts/TextState";
import { textLanguages as textLanguageOf } from "../../features/catalog/textLanguages";
import { entryQuery, previewQuery } from "../../features/editing/api";
import { textLanguages } from "../../features/editing/content/context";
import { kindOf } from "../../features/editing/kinds";
import { currentLanguage, useWords } from "../../i18n";
import { Alert } from "../../ui/Alert";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Radios } from "../../ui/fields/ChoiceFields";
import { Loading } from "../../ui/Loading";
import { Page } from "../../ui/Page";
import { PageHeading } from "../../ui/PageHeading";

const route = getRouteApi("/editors/redaktion/$area/$entryId/vorschau");

/** A draft as citizens will see it: in the parts of their own page, from what the portal would answer. */
export default function PreviewPage() {
  const t = useWords();
  const { area, entryId } = route.useParams();
  const kind = kindOf(area);
  if (!kind) throw notFound();
  const ref = { kind, id: entryId };
  const [language, setLanguage] = useState<string>("de");
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: entry } = useSuspenseQuery(entryQuery(ref));
  const preview = useQuery(previewQuery(ref, language));
  const service = preview.data?.service;
  const organisation = preview.data?.organisation;
  return (
    <Page>
      <div className="pv-stack pv-stack--medium">
        <PageHeading title={t("editing:preview.title", { title: entry.data.title })} />
        <Alert kind="info" title={t("editing:preview.note")} level={0}>
          <Link to="/redaktion/$area/$entryId" params={{ area, entryId }}>
            {t("editing:preview.back")}
          </Link>
        </Alert>
        <Radios
          id="preview-language"
          label={t("editing:preview.language")}
          options={textLanguages.map((value) => ({ value, label: t(`editing:language.${value}`) }))}
          value={language}
          onChange={setLanguage}
        />
      </div>
      {preview.isPending && <Loading />}
      {preview.isError && <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />}
      {preview.isSuccess && !service && !organisation && <EmptyState title={t("editing:preview.none")} />}
      {service && <ServicePreview service={service} />}
      {organisation && (
        <article className="pv-preview">
          <OfficeCard
            offer={{
              id: organisation.id,
              serviceId: organisation.id,
              organisation,
              portal: { id: portal.id, name: portal.name, url: portal.id, kind: portal.kind },
              area: { ars: "000000000000", name: portal.name, level: "gemeinde" },
              channel: "counter",
              role: "authority",
            }}
          />
        </article>
      )}
    </Page>
  );
}

function ServicePreview({ service }: { service: Service }) {
  const t = useWords();
  const { first, rest } = serviceSections(service, t);
  const lang = textLanguageOf(service, currentLanguage());
  return (
    <article className="pv-stack pv-stack--large pv-preview" aria-labelledby="preview-title">
      <div className="pv-stack pv-stack--medium pv-text">
        <h2 id="preview-title" lang={lang("/title")}>
          {service.title}
        </h2>
        <p className="pv-lead" lang={lang("/teaser")}>
          {service.teaser}
        </p>
        <TextNotices service={service} />
      </div>
      <Sections sections={[...first, ...rest]} />
      <TextState service={service} />
    </article>
  );
}
