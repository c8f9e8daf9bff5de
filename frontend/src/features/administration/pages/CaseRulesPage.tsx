import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { Button } from "../../../ui/Button";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { caseDeputiesQuery, caseRulesQuery, type CaseRule } from "../caseRules";
import { CaseRuleDialog, type EditedRule } from "../parts/CaseRuleDialog";

/** How closed cases are kept: by the portal, by service, and by office. */
export default function CaseRulesPage() {
  const t = useWords();
  const client = useQueryClient();
  const { data: rules } = useSuspenseQuery(caseRulesQuery);
  const [edited, setEdited] = useState<EditedRule>();
  const services = rules.items.filter((rule) => rule.unit === undefined);
  const row = (rule: EditedRule, kept: number, eyes: boolean) => ({
    id: `${rule.serviceId ?? ""} ${rule.unit ?? ""}`,
    label: rule.label,
    value: (
      <>
        {t("administration:cases.months", { count: kept })}
        {eyes && ` · ${t("administration:cases.eyes.asked")}`}
        {rule.serviceId !== undefined && (rule.keepMonths !== undefined || rule.fourEyes !== undefined) && (
          <span className="pv-muted"> · {t("administration:cases.own")}</span>
        )}
      </>
    ),
    action: (
      <Button
        variant="tertiary"
        small
        aria-label={t("administration:cases.changeOf", { what: rule.title })}
        onClick={() => setEdited(rule)}
      >
        {t("administration:cases.change")}
      </Button>
    ),
  });
  const portal = t("administration:cases.portal");
  const done = (changed: Schemas["CaseRules"]) => {
    client.setQueryData(caseRulesQuery.queryKey, changed);
    setEdited(undefined);
  };
  return (
    <Page narrow>
      <PageHeading title={t("administration:cases.title")} />
      <p>{t("administration:cases.text")}</p>
      <section className="pv-stack pv-stack--small">
        <h2>{portal}</h2>
        <Facts
          items={[
            row(
              {
                label: t("administration:cases.everywhere"),
                title: portal,
                keepMonths: rules.keepMonths,
                fourEyes: rules.fourEyes,
              },
              rules.keepMonths,
              rules.fourEyes,
            ),
          ]}
        />
      </section>
      <div>
        <Button
          variant="secondary"
          icon="add"
          onClick={() => setEdited({ label: "", title: t("administration:cases.new"), choose: true })}
        >
          {t("administration:cases.new")}
        </Button>
      </div>
      {services.length === 0 && <p className="pv-muted">{t("administration:cases.empty")}</p>}
      {services.map((service) => (
        <section key={service.serviceId} className="pv-stack pv-stack--small">
          <h2>{service.serviceTitle}</h2>
          <Facts
            items={rules.items
              .filter((rule) => rule.serviceId === service.serviceId)
              .map((rule) =>
                row(
                  toEdited(rule, rule.organisationName ?? t("administration:cases.everywhere")),
                  rule.keptMonths,
                  rule.needsFourEyes,
                ),
              )}
          />
        </section>
      ))}
      <DeputyList />
      {edited !== undefined && (
        <CaseRuleDialog rule={edited} onClose={() => setEdited(undefined)} onSaved={done} />
      )}
    </Page>
  );
}

const day = (value: string) => formatDate(value, currentLanguage());

/** Who stands in for whom among the clerks. */
function DeputyList() {
  const t = useWords();
  const { data } = useSuspenseQuery(caseDeputiesQuery);
  if (data.length === 0) return null;
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("administration:cases.deputies")}</h2>
      <ul className="pv-list">
        {data.map((one) => (
          <li key={one.of.id}>
            {t("administration:cases.deputy", {
              deputy: one.deputy.name,
              name: one.of.name,
              from: day(one.from),
              to: day(one.to),
            })}
          </li>
        ))}
      </ul>
    </section>
  );
}

const toEdited = (
  { serviceId, serviceTitle, unit, keepMonths, fourEyes }: CaseRule,
  label: string,
): EditedRule =>
  defined({ serviceId, unit, keepMonths, fourEyes, label, title: `${serviceTitle}, ${label}` });
