import { useSuspenseQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { portalQuery } from "../../../api/portal";
import { focusElement } from "../../../lib/focus";
import { AnchorButton, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import type { Offer, Service } from "../api";
import { answerOf, type Asker } from "../asker";
import { WhyLink } from "./OfficeCard";
import { dial } from "./OfficeContact";
import { Answered, OfferQuestion } from "./OfferQuestion";
import { PlaceLine } from "./PlaceLine";
import { PlacePicker } from "./PlacePicker";
import { TurnTo } from "./TurnTo";

interface Step {
  service: Service;
  ars: string | undefined;
  onPlace: (ars: string) => void;
  who: Asker;
  onAnswer: (answer: Partial<Asker>) => void;
}

/** The box that says what to do now: name the place, say for whom it is, start online, or where to go. */
export function NextStep({ offers, ...step }: Step & { offers: UseQueryResult<Schemas["OfferList"]> }) {
  const t = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  const goOn = () => focusElement(heading.current); // what was asked is gone, and the focus with it
  return (
    <section className="pv-next pv-stack pv-stack--medium" aria-labelledby="next-step">
      <h2 id="next-step" ref={heading}>
        {t("catalog:next.title")}
      </h2>
      {offers.isPending && <Loading />}
      {offers.isError && <ErrorState error={offers.error} onRetry={() => void offers.refetch()} />}
      {offers.isSuccess && (
        <Answer
          {...step}
          offers={offers.data}
          onPlace={(ars) => {
            step.onPlace(ars);
            goOn();
          }}
          onAnswer={(answer) => {
            step.onAnswer(answer);
            goOn();
          }}
        />
      )}
    </section>
  );
}

function Answer({ service, offers, ars, onPlace, who, onAnswer }: Step & { offers: Schemas["OfferList"] }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  // While an answer decides, nobody can choose the wrong office.
  const { question } = offers;
  const decides = question?.options.every((option) => answerOf(question.about, option)) ?? false;
  const candidates = decides && question?.about !== "office" ? [] : offers.items;
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
      <Answered who={who} onAnswer={onAnswer} />
      {offers.resolution === "none" && (
        <>
          <p className="pv-strong">{t("catalog:next.noneTitle", { place: offers.place?.name ?? "" })}</p>
          <OnlineAnyway service={service} />
          <p>{t("catalog:next.noneText")}</p>
          <TurnTo items={offers.turnTo} helpEmail={portal.helpEmail} />
        </>
      )}
      {offers.question && <OfferQuestion question={offers.question} onAnswer={onAnswer} />}
      {candidates.map((offer) => (
        <OfferStart
          key={offer.id}
          service={service}
          offer={offer}
          ars={ars}
          several={candidates.length > 1}
        />
      ))}
      {offers.contactPoints.map(({ id, organisation }) => (
        <p key={id}>
          {t("offices:contactPoint")}{" "}
          <Link to="/stellen/$organisationId" params={{ organisationId: organisation.id }}>
            {organisation.name}
          </Link>
          {organisation.phone !== undefined && (
            <>
              {", "}
              <a href={dial(organisation.phone)}>{organisation.phone}</a>
            </>
          )}
        </p>
      ))}
      {offers.resolution !== "found" && ars !== undefined && (
        <p>
          <WhyLink serviceId={service.id} ars={ars} who={who} />
        </p>
      )}
      <div className="pv-no-print">
        <PlaceLine ars={ars} onChosen={onPlace} />
      </div>
    </>
  );
}

/** Ways to apply online where nobody is stated to be competent. */
function OnlineAnyway({ service }: { service: Service }) {
  const t = useWords();
  const ways = service.onlineServices.filter(({ url }) => url !== undefined);
  if (ways.length === 0) return null;
  return (
    <>
      <p>{t("offices:onlineAnyway")}</p>
      <div className="pv-actions">
        {ways.map((way) => (
          <AnchorButton key={way.id} href={way.url} rel="noreferrer" icon="open-in-new" variant="secondary">
            {way.title}
          </AnchorButton>
        ))}
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
      {several && (
        <h3>
          <Link to="/stellen/$organisationId" params={{ organisationId: offer.organisation.id }}>
            {offer.organisation.name}
          </Link>
        </h3>
      )}
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
