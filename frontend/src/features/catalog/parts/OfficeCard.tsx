import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { defined } from "../../../lib/defined";
import { AnchorButton } from "../../../ui/Button";
import type { Offer, Organisation } from "../api";
import { audienceName, type Asker } from "../asker";
import { OfficeAddress, OfficeContact } from "./OfficeContact";
import { OfficeHours } from "./OfficeHours";

/** Who is competent, why, and how to reach them. `asked` is what the answer was for; without it, nothing leads on. */
export function OfficeCard({
  offer,
  asked,
}: {
  offer: Offer;
  asked?: { serviceId: string; ars: string | undefined; who: Asker };
}) {
  const t = useWords();
  const { organisation } = offer;
  return (
    <section
      id="office"
      className="pv-side pv-stack pv-stack--medium pv-service__office"
      aria-labelledby="office-title"
    >
      <h2 id="office-title">{t("catalog:office.title")}</h2>
      <div>
        <p className="pv-strong">
          {asked ? (
            <Link to="/stellen/$organisationId" params={{ organisationId: organisation.id }}>
              {organisation.name}
            </Link>
          ) : (
            organisation.name
          )}
        </p>
        <p>{organisation.parentName ?? offer.portal.name}</p>
      </div>
      <p className="pv-small">
        {t("catalog:office.why", { area: offer.area.name, portal: offer.portal.name })}
        {asked && (
          <>
            {" "}
            <WhyLink {...asked} ars={asked.ars ?? offer.area.ars} />
          </>
        )}
      </p>
      <OfficeAddress organisation={organisation} />
      <OfficeContact organisation={organisation} />
      <OfficeHours organisation={organisation} />
      <Accessibility organisation={organisation} />
      <Appointment organisation={organisation} />
    </section>
  );
}

/** Leads to the page that explains how it was decided who is competent. */
export function WhyLink({ serviceId, ars, who }: { serviceId: string; ars: string; who: Asker }) {
  const t = useWords();
  return (
    <Link
      to="/leistungen/$serviceId/zustaendigkeit"
      params={{ serviceId }}
      search={defined({ ars, fuer: audienceName(who.audience) })}
      className="pv-no-print"
    >
      {t("offices:why.link")}
    </Link>
  );
}

export function Accessibility({ organisation: { accessibility } }: { organisation: Organisation }) {
  const t = useWords();
  if (accessibility === undefined) return null;
  return (
    <p className="pv-small">
      <span className="pv-strong">{t("catalog:office.accessibility")}:</span> {accessibility}
    </p>
  );
}

export function Appointment({ organisation: { appointmentUrl } }: { organisation: Organisation }) {
  const t = useWords();
  if (appointmentUrl === undefined) return null;
  return (
    <div>
      <AnchorButton variant="secondary" href={appointmentUrl} rel="noreferrer" icon="calendar-today">
        {t("catalog:office.appointment")}
      </AnchorButton>
    </div>
  );
}
