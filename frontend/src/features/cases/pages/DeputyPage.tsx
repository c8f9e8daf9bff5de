import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { deputiesQuery, endDeputy, type Deputy } from "../api";
import { DeputyDialog } from "../parts/DeputyDialog";
import { DeskNav } from "../parts/DeskNav";
import { CasesOf } from "../parts/StandsInFor";

/** Who stands in for the clerk, and for whom the clerk does. */
export default function DeputyPage() {
  const t = useWords();
  const client = useQueryClient();
  const status = useStatus();
  const { data } = useSuspenseQuery(deputiesQuery);
  const [asking, setAsking] = useState(false);
  const took = (changed: Schemas["CaseDeputies"], words: string) => {
    client.setQueryData(deputiesQuery.queryKey, changed);
    setAsking(false);
    status(words);
  };
  const end = useAction(async () => took(await endDeputy(), t("cases:deputy.ended")));
  const days = (name: string, one: Deputy) =>
    t("cases:deputy.days", {
      name: name || t("cases:page.formerly"),
      from: formatDate(one.from, currentLanguage()),
      to: formatDate(one.to, currentLanguage()),
    });
  return (
    <Page>
      <PageHeading title={t("cases:deputy.title")} />
      <DeskNav />
      <p className="pv-text">{t("cases:deputy.text")}</p>
      <section className="pv-stack pv-stack--small">
        <h2>{t("cases:deputy.own")}</h2>
        <p>{data.own === undefined ? t("cases:deputy.none") : days(data.own.deputy.name, data.own)}</p>
        {end.error !== undefined && <ErrorState error={end.error} />}
        <div className="pv-actions">
          <Button variant="secondary" onClick={() => setAsking(true)}>
            {t(data.own === undefined ? "cases:deputy.name" : "cases:deputy.change")}
          </Button>
          {data.own !== undefined && (
            <Button variant="tertiary" busy={end.busy} onClick={end.run}>
              {t("cases:deputy.end")}
            </Button>
          )}
        </div>
      </section>
      <section className="pv-stack pv-stack--small">
        <h2>{t("cases:deputy.others")}</h2>
        {data.forOthers.length === 0 && <p>{t("cases:deputy.nobody")}</p>}
        {data.forOthers.length > 0 && (
          <ul className="pv-list">
            {data.forOthers.map((one) => (
              <li key={one.of.id}>
                {days(one.of.name, one)}
                {one.active && (
                  <>
                    {" · "}
                    <CasesOf deputy={one} />
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
      </section>
      {asking && (
        <DeputyDialog
          own={data.own}
          onClose={() => setAsking(false)}
          onSaved={(changed) => took(changed, t("cases:deputy.saved"))}
        />
      )}
    </Page>
  );
}
