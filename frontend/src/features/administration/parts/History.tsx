import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { Select } from "../../../ui/fields/ChoiceFields";
import { historyQuery, type AssociationHistory, type AssociationMember, type HistorySpan } from "../api";
import { formatSpan, roundCounts, roundSpans, roundUp } from "../health";
import { Chart } from "./Chart";

const spans: HistorySpan[] = ["lastHour", "lastDay", "lastWeek"];

/** How the links were doing over time: charts, and all numbers in a table. */
export function History({ members }: { members: AssociationMember[] }) {
  const t = useWords();
  const [span, setSpan] = useState<HistorySpan>("lastDay");
  const [portal, setPortal] = useState("");
  const history = useQuery(historyQuery(span, portal));
  const others = members.filter((member) => !member.self);
  if (others.length === 0) return null;
  return (
    <section className="pv-stack">
      <h2>{t("administration:association.history.title")}</h2>
      <div className="pv-charts__choice">
        <Select
          id="history-portal"
          label={t("administration:association.history.of")}
          empty={t("administration:association.history.all")}
          options={others.map(({ entity, name }) => ({ value: entity, label: name }))}
          value={portal}
          onChange={setPortal}
        />
        <div className="pv-row" role="group" aria-label={t("administration:association.history.span")}>
          {spans.map((one) => (
            <Button
              key={one}
              variant={one === span ? "primary" : "secondary"}
              small
              aria-pressed={one === span}
              onClick={() => setSpan(one)}
            >
              {t(`administration:association.history.${one}`)}
            </Button>
          ))}
        </div>
      </div>
      {history.isError && <ErrorState error={history.error} />}
      {history.isPending && <Loading />}
      {history.data !== undefined &&
        (history.data.samples.length === 0 ? (
          <p>{t("administration:association.history.none")}</p>
        ) : (
          <Charts history={history.data} />
        ))}
    </section>
  );
}

const measures = ["waiting", "messageLag", "catalogLag", "away", "sent", "received"] as const;

const greatest = (values: number[]) => Math.max(...values);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

function Charts({ history }: { history: AssociationHistory }) {
  const t = useWords();
  const language = currentLanguage();
  const { samples } = history;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const count = (value: number) => number.format(value);
  const span = (value: number) => formatSpan(value, language);
  const clock = new Intl.DateTimeFormat(
    language,
    history.span === "lastWeek"
      ? { weekday: "short", day: "numeric", month: "numeric" }
      : history.span === "lastDay"
        ? { weekday: "short", hour: "2-digit", minute: "2-digit" }
        : { hour: "2-digit", minute: "2-digit" },
  );
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" });
  const of = (measure: (typeof measures)[number]) => samples.map((sample) => sample[measure]);
  const summary = (values: number[], format: (value: number) => string) =>
    t("administration:association.history.summary", {
      last: format(values.at(-1) ?? 0),
      most: format(greatest(values)),
    });
  const shared = {
    times: samples.map(({ at }) => Date.parse(at)),
    from: Date.parse(history.from),
    until: Date.parse(history.until),
    step: history.stepSeconds * 1000,
    formatTime: (time: number) => clock.format(time),
  };
  const single = (measure: "waiting" | "messageLag" | "catalogLag" | "away", isSpan: boolean) => {
    const format = isSpan ? span : count;
    const values = of(measure);
    const label = t(`administration:association.history.${measure}`);
    return (
      <Chart
        {...shared}
        id={`chart-${measure}`}
        title={label}
        summary={summary(values, format)}
        series={[{ id: measure, label, values }]}
        top={roundUp(greatest(values), isSpan ? roundSpans : roundCounts)}
        format={format}
      />
    );
  };
  const sent = of("sent");
  const received = of("received");
  return (
    <>
      <div className="pv-charts">
        {single("waiting", false)}
        {single("messageLag", true)}
        {single("catalogLag", true)}
        <Chart
          {...shared}
          id="chart-messages"
          title={t("administration:association.history.messages")}
          summary={t("administration:association.history.messagesSummary", {
            sent: count(sum(sent)),
            received: count(sum(received)),
          })}
          series={[
            { id: "sent", label: t("administration:association.history.sent"), values: sent },
            { id: "received", label: t("administration:association.history.received"), values: received },
          ]}
          top={roundUp(greatest([...sent, ...received]), roundCounts)}
          format={count}
        />
        {single("away", false)}
      </div>
      <details className="pv-more">
        <summary>{t("administration:association.history.asTable")}</summary>
        <div
          className="pv-table-scroll pv-charts__table"
          // Scrolls where it is too large, also by keyboard.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          role="region"
          aria-label={t("administration:association.history.asTable")}
        >
          <table className="pv-table">
            <thead>
              <tr>
                <th scope="col">{t("administration:association.history.from")}</th>
                {measures.map((measure) => (
                  <th key={measure} scope="col">
                    {t(`administration:association.history.${measure}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {samples.map((sample) => (
                <tr key={sample.at}>
                  <th scope="row">{moment.format(Date.parse(sample.at))}</th>
                  {measures.map((measure) => (
                    <td key={measure}>
                      {measure === "messageLag" || measure === "catalogLag"
                        ? span(sample[measure])
                        : count(sample[measure])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
