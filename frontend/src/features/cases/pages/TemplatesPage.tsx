import { useQueries, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hasRole, sessionQuery, unitsOf } from "../../../api/session";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { deleteTemplate, templatesQuery, templateUses, unitNameQuery, type CaseTemplate } from "../api";
import { DeskNav } from "../parts/DeskNav";
import { TemplateForm, type TemplateUnit } from "../parts/TemplateForm";

/** Texts that recur, for all clerks of the portal or of a unit. */
export default function TemplatesPage() {
  const t = useWords();
  const client = useQueryClient();
  const status = useStatus();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const templates = useQuery(templatesQuery);
  const [open, setOpen] = useState<CaseTemplate | "new">();
  const ids = unitsOf(session, "clerk");
  const names = useQueries({ queries: ids.map(unitNameQuery) });
  const units: TemplateUnit[] = [
    ...(hasRole(session, "clerk") ? [{ id: "", name: t("cases:template.portal") }] : []),
    ...ids.map((id, index) => ({ id, name: names[index]?.data ?? id })),
  ];
  const saved = () => {
    setOpen(undefined);
    void client.invalidateQueries({ queryKey: templatesQuery.queryKey });
    status(t("cases:template.saved"));
  };
  const form = (template?: CaseTemplate) => (
    <TemplateForm template={template} units={units} onSaved={saved} onCancel={() => setOpen(undefined)} />
  );
  const items = templates.data ?? [];
  return (
    <Page>
      <PageHeading title={t("cases:template.title")} />
      <DeskNav />
      <p className="pv-text">{t("cases:template.text")}</p>
      {open === "new" ? (
        form()
      ) : (
        <div>
          <Button variant="secondary" icon="add" onClick={() => setOpen("new")}>
            {t("cases:template.new")}
          </Button>
        </div>
      )}
      {templates.isPending && <Loading />}
      {templates.isError && <ErrorState error={templates.error} onRetry={() => void templates.refetch()} />}
      {templates.isSuccess && items.length === 0 && <EmptyState title={t("cases:template.none")} />}
      {templateUses
        .map((use) => ({ use, some: items.filter((template) => template.use === use) }))
        .filter(({ some }) => some.length > 0)
        .map(({ use, some }) => (
          <section key={use} className="pv-stack pv-stack--medium">
            <h2>{t(`cases:template.uses.${use}`)}</h2>
            <ul className="pv-list">
              {some.map((template) =>
                template === open ? (
                  <li key={template.id}>{form(template)}</li>
                ) : (
                  <TemplateItem
                    key={template.id}
                    template={template}
                    unit={units.find((unit) => unit.id === (template.unit ?? ""))?.name}
                    onEdit={() => setOpen(template)}
                  />
                ),
              )}
            </ul>
          </section>
        ))}
    </Page>
  );
}

function TemplateItem({
  template,
  unit,
  onEdit,
}: {
  template: CaseTemplate;
  unit: string | undefined;
  onEdit: () => void;
}) {
  const t = useWords();
  const client = useQueryClient();
  const status = useStatus();
  const [asking, setAsking] = useState(false);
  const remove = useAction(async () => {
    await deleteTemplate(template.id);
    await client.invalidateQueries({ queryKey: templatesQuery.queryKey });
    status(t("cases:template.deleted"));
  });
  return (
    <li className="pv-stack pv-stack--small">
      <h3 className="pv-card-title">{template.title}</h3>
      <p className="pv-pre-line">{template.text}</p>
      {(unit !== undefined || template.service !== undefined) && (
        <p className="pv-small pv-muted">
          {[template.service && (template.serviceTitle ?? template.service), unit]
            .filter(Boolean)
            .join(" · ")}
        </p>
      )}
      {template.changeable && (
        <div className="pv-actions">
          <Button
            variant="tertiary"
            small
            onClick={onEdit}
            aria-label={`${t("cases:template.edit")}: ${template.title}`}
          >
            {t("cases:template.edit")}
          </Button>
          <Button
            variant="tertiary"
            small
            onClick={() => setAsking(true)}
            aria-label={`${t("cases:template.delete")}: ${template.title}`}
          >
            {t("cases:template.delete")}
          </Button>
        </div>
      )}
      {asking && (
        <Dialog
          open
          title={t("cases:template.deleteTitle", { title: template.title })}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button variant="secondary" onClick={() => setAsking(false)}>
                {t("cancel")}
              </Button>
              <Button busy={remove.busy} onClick={remove.run}>
                {t("cases:template.delete")}
              </Button>
            </>
          }
        >
          {remove.error !== undefined && <ErrorState error={remove.error} />}
          <p>{t("cases:template.deleteText")}</p>
        </Dialog>
      )}
    </li>
  );
}
