import { currentLanguage, useWords, type Say } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { formatDate } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import type { Organisation } from "../api";

const monday = Date.UTC(2024, 0, 1);
const dayNumber = { mo: 0, tu: 1, we: 2, th: 3, fr: 4, sa: 5, su: 6 } as const;
type Day = keyof typeof dayNumber;

/** Offices keep the time of Germany, wherever the reader is. */
const timeZone = "Europe/Berlin";

/** Whether the office is open now, and until or from when; nothing where no hours are stated. */
export function OpenNow({ state }: { state: Schemas["OpenState"] | undefined }) {
  const t = useWords();
  if (!state) return null;
  const { open, until, opensAt, holiday } = state;
  const next = open ? until : opensAt;
  return (
    <p className="pv-open">
      <Badge kind={open ? "success" : "neutral"}>{t(open ? "offices:open.yes" : "offices:open.no")}</Badge>{" "}
      {next !== undefined && t(open ? "offices:open.until" : "offices:open.from", { when: moment(next) })}
      {!open && holiday !== undefined && <> {t("offices:open.holiday", { holiday })}</>}
    </p>
  );
}

/** A moment as people say it: the time today, else with the day. */
function moment(value: string): string {
  const date = new Date(value);
  const language = currentLanguage();
  const day = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeZone });
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone });
  if (day.format(date) === day.format(new Date())) return time.format(date);
  const long = new Intl.DateTimeFormat(language, {
    weekday: "long",
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  });
  return long.format(date);
}

/** The usual opening hours, and the days on which others are kept. */
export function OfficeHours({ organisation, level = 3 }: { organisation: Organisation; level?: 2 | 3 }) {
  const t = useWords();
  const Heading = level === 2 ? "h2" : "h3";
  const Below = level === 2 ? "h3" : "h4";
  const { openingHours, hoursNote, specialHours = [], open } = organisation;
  if (openingHours.length === 0 && hoursNote === undefined && specialHours.length === 0) return null;
  return (
    <div className="pv-stack pv-stack--small">
      <Heading>{t("catalog:office.hours")}</Heading>
      <OpenNow state={open} />
      {openingHours.length > 0 && <UsualHours hours={openingHours} />}
      {hoursNote !== undefined && <p className="pv-small">{hoursNote}</p>}
      {specialHours.length > 0 && (
        <>
          <Below>{t("offices:hours.special")}</Below>
          <dl className="pv-special">
            {specialHours.map((special) => (
              <div key={special.from}>
                <dt>{days(special, t)}</dt>
                <dd>
                  {special.hours.length === 0
                    ? t("offices:hours.closed")
                    : special.hours
                        .map(({ from, to }) => t("catalog:office.fromTo", { from, to }))
                        .join(", ")}
                  {special.note !== undefined && (
                    <span className="pv-small pv-special__note">{special.note}</span>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </div>
  );
}

function days({ from, to }: Schemas["SpecialHours"], t: Say): string {
  const language = currentLanguage();
  if (from === to) return formatDate(from, language);
  return t("offices:hours.days", { from: formatDate(from, language), to: formatDate(to, language) });
}

function UsualHours({ hours: all }: { hours: Organisation["openingHours"] }) {
  const t = useWords();
  const weekday = new Intl.DateTimeFormat(currentLanguage(), { weekday: "short", timeZone: "UTC" });
  const name = (day: Day) => weekday.format(new Date(monday + dayNumber[day] * 86_400_000));
  return (
    <table className="pv-hours">
      <tbody>
        {all.map((hours) => (
          <tr key={`${hours.days.join()} ${hours.from}`}>
            <th scope="row">{dayRanges(hours.days, name)}</th>
            <td className="pv-nowrap">{t("catalog:office.fromTo", { from: hours.from, to: hours.to })}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Monday to Friday as "Mo–Fr", single days by commas. */
function dayRanges(week: Day[], name: (day: Day) => string): string {
  const groups: Day[][] = [];
  for (const day of week) {
    const before = groups.at(-1)?.at(-1);
    if (before !== undefined && dayNumber[day] === dayNumber[before] + 1) groups.at(-1)?.push(day);
    else groups.push([day]);
  }
  return groups
    .flatMap((group) => {
      const [first, last] = [group[0], group.at(-1)];
      if (first === undefined || last === undefined) return [];
      return group.length > 2 ? [`${name(first)}–${name(last)}`] : group.map(name);
    })
    .join(", ");
}
