import { useSuspenseQuery, type UseQueryResult } from "@tanstack/react-query";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { portalQuery } from "../../../api/portal";
import { AnchorButton, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import type { Offer, Service } from "../api";
import { PlaceLine } from "./PlaceLine";
import { PlacePicker } from "./PlacePicker";

/** The box that says what to do now: name the place, start online, or where to go. */
export function NextStep({
  service,
  offers,
  ars,
  onPlace,
}: {
  service: Service;
  offers: UseQueryResult<Schemas["OfferList"]>;
  ars: string | undefined;
  onPlace: (ars: string) => void;
}) {
  const t = useWords();
  return (
    <section className="pv-next pv-stack pv-stack--medium" aria-labelledby="next-step">
      <h2 id="next-step">{t("catalog:next.title")}</h2>
      {offers.isPending && <Loading />}
      {offers.isError && <ErrorState error={offers.error} onRetry={() => void offers.refetch()} />}
      {offers.isSuccess && <Answer service={service} offers={offers.data} ars={ars} onPlace={onPlace} />}
    </section>
  );
}

function Answer({
  service,
  offers,
  ars,
  onPlace,
}: {
  service: Service;
  offers: Schemas["OfferList"];
  ars: string | undefined;
  onPlace: (ars: string) => void;
}) {
  const t = useWords();
  if (offers.resolution === "placeNeeded") {
    return (
      <>
        <p>{t("catalog:next.placeNeeded")}</p>
        <PlacePicker onChosen={onPlace} />
      </>
    );
  }
  return (
    <>
      {offers.resolution === "none" && (
        <>
          <p className="pv-strong">{t("catalog:next.noneTitle", { place: offers.place?.name ?? "" })}</p>
          <p>{t("catalog:next.noneText")}</p>
          {offers.turnTo.length > 0 && (
            <>
              <p>{t("catalog:next.turnTo")}</p>
              <ul className="pv-bullets">
                {offers.turnTo.map((office) => (
                  <li key={office.name}>
                    {office.name}
                    {office.phone !== undefined && (
                      <>
                        {", "}
                        <a href={`tel:${office.phone.replaceAll(/[^+\d]/g, "")}`}>{office.phone}</a>
                      </>
                    )}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      {offers.resolution === "choose" && <p>{t("catalog:next.choose")}</p>}
      {offers.items.map((offer) => (
        <OfferStart
          key={offer.id}
          service={service}
          offer={offer}
          ars={ars}
          several={offers.items.length > 1}
        />
      ))}
      {offers.contactPoints.map((contact) => (
        <p key={contact.id}>{t("catalog:next.contactPoint", { office: contact.organisation.name })}</p>
      ))}
      <div className="pv-no-print">
        <PlaceLine ars={ars} onChosen={onPlace} />
      </div>
    </>
  );
}

function OfferStart({
  service,
  offer,
  ars,
  several,
}: {
  service: Service;
  offer: Offer;
  ars: string | undefined;
  several: boolean;
}) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const elsewhere = offer.portal.id !== portal.id;
  const names = { office: offer.organisation.name, portal: offer.portal.name };
  return (
    <div className="pv-stack pv-stack--medium">
      {several && <h3>{offer.organisation.name}</h3>}
      {several && offer.distinction !== undefined && <p>{offer.distinction}</p>}
      {offer.channel === "form" && (
        <>
          <p>
            {elsewhere ? t("catalog:next.formElsewhere", names) : t("catalog:next.formHere", names)}{" "}
            {t("catalog:next.signIn")}
          </p>
          <div className="pv-actions">
            <LinkButton
              to="/leistungen/$serviceId/antrag"
              params={{ serviceId: service.id }}
              search={{ angebot: offer.id, ...(ars !== undefined && { ars }) }}
              icon="arrow-forward"
            >
              {t("catalog:next.start")}
              {several && <span className="pv-hidden">: {offer.organisation.name}</span>}
            </LinkButton>
          </div>
        </>
      )}
      {offer.channel === "link" && (
        <>
          <p>{t("catalog:next.link", names)}</p>
          <div className="pv-actions">
            <AnchorButton href={offer.url} rel="noreferrer" icon="open-in-new">
              {t("catalog:next.goTo", names)}
            </AnchorButton>
          </div>
        </>
      )}
      {offer.channel === "counter" && <p>{t("catalog:next.counter", names)}</p>}
      {offer.note !== undefined && <p>{offer.note}</p>}
    </div>
  );
}
