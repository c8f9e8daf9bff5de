import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { useMoney } from "./useMoney";

/** What came and left on each day: columns up and down from a line, and all numbers in a table. */
export function DayChart({ days }: { days: Schemas["TreasuryDay"][] }) {
  const t = useWords();
  const money = useMoney();
  const language = currentLanguage();
  const received = days.reduce((sum, day) => sum + day.received, 0);
  const returned = days.reduce((sum, day) => sum + day.returned, 0);
  const up = roundUp(Math.max(...days.map((day) => day.received)));
  const down = returned === 0 ? 0 : roundUp(Math.max(...days.map((day) => day.returned)));
  const scale = (bottom - upper) / (up + down);
  const zero = upper + up * scale;
  const slot = (width - left - right) / days.length;
  const moved = days.filter((day) => day.received !== 0 || day.returned !== 0);
  return (
    <>
      <figure className="pv-chart pv-chart--single">
        <figcaption>
          <strong id="days-title">{t("treasury:days.title")}</strong>
          <span className="pv-small pv-muted">
            {t("treasury:days.summary", { received: money(received), returned: money(returned) })}
          </span>
        </figcaption>
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby="days-title">
          {[up, 0, ...(down === 0 ? [] : [-down])].map((value) => (
            <g key={value}>
              <path className="pv-chart__grid" d={`M${left} ${zero - value * scale}H${width - right}`} />
              <text
                className="pv-chart__text"
                x={left - 6}
                y={zero - value * scale + 4}
                textAnchor="end"
                fontSize={11}
              >
                {whole(value, language)}
              </text>
            </g>
          ))}
          {days.map((day, index) => {
            const x = left + index * slot + slot * 0.15;
            return (
              <g key={day.day}>
                <rect
                  className="pv-chart__column"
                  x={x}
                  y={zero - day.received * scale}
                  width={slot * 0.7}
                  height={day.received * scale}
                />
                <rect
                  className="pv-chart__column pv-chart__column--1"
                  x={x}
                  y={zero}
                  width={slot * 0.7}
                  height={day.returned * scale}
                />
              </g>
            );
          })}
          <text className="pv-chart__text" x={left} y={height - 4} fontSize={11}>
            {formatDate(days[0]?.day ?? "", language)}
          </text>
          <text className="pv-chart__text" x={width - right} y={height - 4} textAnchor="end" fontSize={11}>
            {formatDate(days.at(-1)?.day ?? "", language)}
          </text>
        </svg>
      </figure>
      {moved.length > 0 && (
        <details className="pv-more">
          <summary>{t("treasury:days.asTable")}</summary>
          <div className="pv-fitting">
            <table className="pv-members pv-figures">
              <caption className="pv-hidden">{t("treasury:days.title")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("treasury:days.day")}</th>
                  <th scope="col">{t("treasury:days.received")}</th>
                  <th scope="col">{t("treasury:days.returned")}</th>
                </tr>
              </thead>
              <tbody>
                {moved.map((day) => (
                  <tr key={day.day}>
                    <th scope="row">{formatDate(day.day, language)}</th>
                    {(["received", "returned"] as const).map((field) => (
                      <td key={field}>
                        <span className="pv-members__label" aria-hidden="true">
                          {t(`treasury:days.${field}`)}
                        </span>
                        {money(day[field])}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </>
  );
}

const width = 340;
const height = 140;
const left = 52;
const right = 6;
const upper = 10;
const bottom = height - 26;

/** An amount in whole euros, as the axis has it. */
const whole = (cents: number, language: string) =>
  new Intl.NumberFormat(language, {
    style: "currency",
    currency: "EUR",
    maximumFractionDigits: 0,
  }).format(cents / 100);

/** The next of 10, 20, 50, 100, 200 … euros, in cents. */
function roundUp(cents: number): number {
  let step = 1000;
  for (let factor = 0; step < cents; factor += 1) step = step * (factor % 3 === 1 ? 2.5 : 2);
  return step;
}
