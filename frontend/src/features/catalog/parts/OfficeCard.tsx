import { currentLanguage, useWords } from "../../../i18n";
import { AnchorButton } from "../../../ui/Button";
import type { Offer, Organisation } from "../api";

/** Who is competent, why, and how to reach them. */
export function OfficeCard({ offer }: { offer: Offer }) {
  const t = useWords();
  const { organisation } = offer;
  return (
    <section className="pv-side pv-stack pv-stack--medium pv-service__office" aria-labelledby="office">
      <h2 id="office">{t("catalog:office.title")}</h2>
      <div>
        <p className="pv-strong">{organisation.name}</p>
        <p>{organisation.parentName ?? offer.portal.name}</p>
      </div>
      <p className="pv-small">
        {t("catalog:office.why", { area: offer.area.name, portal: offer.portal.name })}
      </p>
      {organisation.address && (
        <address className="pv-address">
          {organisation.address.street} {organisation.address.houseNumber}
          <br />
          {organisation.address.postalCode} {organisation.address.city}
        </address>
      )}
      <Contact organisation={organisation} />
      <Hours organisation={organisation} />
      {organisation.accessibility !== undefined && (
        <p className="pv-small">
          <span className="pv-strong">{t("catalog:office.accessibility")}:</span> {organisation.accessibility}
        </p>
      )}
      {organisation.appointmentUrl !== undefined && (
        <div>
          <AnchorButton
            variant="secondary"
            href={organisation.appointmentUrl}
            rel="noreferrer"
            icon="calendar-today"
          >
            {t("catalog:office.appointment")}
          </AnchorButton>
        </div>
      )}
    </section>
  );
}

function Contact({ organisation }: { organisation: Organisation }) {
  const t = useWords();
  const { phone, email, url } = organisation;
  if (phone === undefined && email === undefined && url === undefined) return null;
  return (
    <ul className="pv-bare">
      {phone !== undefined && (
        <li>
          {t("catalog:office.phone")}: <a href={`tel:${phone.replaceAll(/[^+\d]/g, "")}`}>{phone}</a>
        </li>
      )}
      {email !== undefined && (
        <li>
          {t("catalog:office.email")}: <a href={`mailto:${email}`}>{email}</a>
        </li>
      )}
      {url !== undefined && (
        <li>
          <a href={url} rel="noreferrer">
            {t("catalog:office.website")}
          </a>
        </li>
      )}
    </ul>
  );
}

const monday = Date.UTC(2024, 0, 1);
const dayNumber = { mo: 0, tu: 1, we: 2, th: 3, fr: 4, sa: 5, su: 6 } as const;
type Day = keyof typeof dayNumber;

function Hours({ organisation }: { organisation: Organisation }) {
  const t = useWords();
  const weekday = new Intl.DateTimeFormat(currentLanguage(), { weekday: "short", timeZone: "UTC" });
  const name = (day: Day) => weekday.format(new Date(monday + dayNumber[day] * 86_400_000));
  const { openingHours, hoursNote } = organisation;
  if (openingHours.length === 0 && hoursNote === undefined) return null;
  return (
    <div>
      <h3>{t("catalog:office.hours")}</h3>
      {openingHours.length > 0 && (
        <table className="pv-hours">
          <tbody>
            {openingHours.map((hours) => (
              <tr key={`${hours.days.join()} ${hours.from}`}>
                <th scope="row">{dayRanges(hours.days, name)}</th>
                <td className="pv-nowrap">
                  {t("catalog:office.fromTo", { from: hours.from, to: hours.to })}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hoursNote !== undefined && <p className="pv-small">{hoursNote}</p>}
    </div>
  );
}

/** Monday to Friday as "Mo–Fr", single days by commas. */
function dayRanges(days: Day[], name: (day: Day) => string): string {
  const groups: Day[][] = [];
  for (const day of days) {
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
