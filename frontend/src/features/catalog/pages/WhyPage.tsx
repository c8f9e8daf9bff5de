import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate } from "@tanstack/react-router";
import { useRef } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { portalQuery } from "../../../api/portal";
import { formatDate, formatDay } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { focusElement } from "../../../lib/focus";
import { Badge, type BadgeKind } from "../../../ui/Badge";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { offersQuery, serviceQuery, type Service } from "../api";
import { useAsker, type Asker } from "../asker";
import { explanationQuery, type Explanation } from "../offices";
import { Answered, OfferQuestion } from "../parts/OfferQuestion";
import { PlaceLine } from "../parts/PlaceLine";
import { PlacePicker } from "../parts/PlacePicker";
import { TurnTo } from "../parts/TurnTo";
import { usePlace } from "../place";

type Level = Explanation["levels"][number];
type Stated = Level["competences"][number];

const route = getRouteApi("/citizen/leistungen/$serviceId/zustaendigkeit");

/** Why this office? What is no longer offered leads to its own page, which says so. */
export default function WhyPage() {
  const { serviceId } = route.useParams();
  const search = route.useSearch();
  const remembered = usePlace();
  const ars = search.ars ?? remembered?.ars;
  const { data: service } = useSuspenseQuery(serviceQuery(serviceId, ars));
  if (service === null || service.state === "ended") {
    return <Navigate to="/leistungen/$serviceId" params={{ serviceId }} search={search} replace />;
  }
  return <Why service={service} ars={ars} />;
}

/** How it was decided who is competent, in plain words, with all that was looked at. */
function Why({ service, ars }: { service: Service; ars: string | undefined }) {
  const t = useWords();
  const serviceId = service.id;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { who, say } = useAsker(
    search.fuer,
    (fuer) =>
      void navigate({
        search: (before) => defined({ ...before, fuer }),
        replace: true,
        resetScroll: false,
      }),
  );
  const answer = useRef<HTMLHeadingElement>(null);
  const lang = service.language === currentLanguage() ? undefined : service.language;
  const choosePlace = (chosen: string) => {
    void navigate({ search: (before) => ({ ...before, ars: chosen }), replace: true, resetScroll: false });
    focusElement(answer.current);
  };
  return (
    <Page narrow>
      <div className="pv-stack pv-stack--medium">
        <Breadcrumb
          items={[
            { id: "home", link: <Link to="/">{t("common:home")}</Link> },
            {
              id: "service",
              link: (
                <Link
                  to="/leistungen/$serviceId"
                  params={{ serviceId }}
                  search={defined({ ars, fuer: search.fuer })}
                  lang={lang}
                >
                  {service.title}
                </Link>
              ),
            },
            { id: "this", link: t("offices:why.title") },
          ]}
        />
        <PageHeading title={t("offices:why.title")} />
        <p className="pv-lead">{t("offices:why.lead", { service: service.title })}</p>
      </div>
      <section className="pv-next pv-stack pv-stack--medium" aria-labelledby="why-answer">
        <h2 id="why-answer" ref={answer}>
          {t("offices:why.answer")}
        </h2>
        {ars === undefined ? (
          <>
            <p>{t("catalog:next.placeNeeded")}</p>
            <PlacePicker onChosen={choosePlace} />
          </>
        ) : (
          <>
            <Answer
              serviceId={serviceId}
              ars={ars}
              who={who}
              onAnswer={(said) => {
                say(said);
                focusElement(answer.current);
              }}
            />
            <PlaceLine ars={ars} onChosen={choosePlace} />
          </>
        )}
      </section>
      <Rules />
      {ars !== undefined && <Looked serviceId={serviceId} ars={ars} who={who} />}
    </Page>
  );
}

/** What was decided, and because of what. */
function Answer({
  serviceId,
  ars,
  who,
  onAnswer,
}: {
  serviceId: string;
  ars: string;
  who: Asker;
  onAnswer: (answer: Partial<Asker>) => void;
}) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const offers = useQuery(offersQuery(serviceId, ars, who));
  if (offers.isPending) return <Loading />;
  if (offers.isError) return <ErrorState error={offers.error} onRetry={() => void offers.refetch()} />;
  const { resolution, items, question, turnTo, place } = offers.data;
  const name = place?.name ?? "";
  return (
    <>
      <Answered who={who} onAnswer={onAnswer} />
      {resolution === "found" &&
        items.slice(0, 1).map((offer) => (
          <p key={offer.id}>
            <Link
              to="/stellen/$organisationId"
              params={{ organisationId: offer.organisation.id }}
              className="pv-strong"
            >
              {offer.organisation.name}
            </Link>{" "}
            {t(offer.appliesTo === undefined ? "offices:why.found" : "offices:why.foundFor", {
              portal: offer.portal.name,
              area: offer.area.name,
              for: offer.appliesTo,
              place: name,
            })}
          </p>
        ))}
      {resolution === "choose" && (
        <>
          <p>{t("offices:why.choose", { place: name })}</p>
          <ul className="pv-bullets">
            {items.map(({ id, organisation, distinction }) => (
              <li key={id}>
                <Link to="/stellen/$organisationId" params={{ organisationId: organisation.id }}>
                  {organisation.name}
                </Link>
                {distinction !== undefined && ` (${distinction})`}
              </li>
            ))}
          </ul>
          {question && question.about !== "office" && (
            <OfferQuestion question={question} onAnswer={onAnswer} />
          )}
        </>
      )}
      {resolution === "none" && (
        <>
          <p className="pv-strong">{t("offices:why.none", { place: name })}</p>
          <TurnTo items={turnTo} helpEmail={portal.helpEmail} />
        </>
      )}
      {resolution === "placeNeeded" && <p>{t("offices:why.placeNeeded", { place: name })}</p>}
    </>
  );
}

/** The rules by which it is decided, the same for all services. */
function Rules() {
  const t = useWords();
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="rules">
      <h2 id="rules">{t("offices:why.rules")}</h2>
      <ol className="pv-bullets">
        <li>{t("offices:why.rule1")}</li>
        <li>{t("offices:why.rule2")}</li>
        <li>{t("offices:why.rule3")}</li>
        <li>{t("offices:why.rule4")}</li>
        <li>{t("offices:why.rule5")}</li>
      </ol>
    </section>
  );
}

/** All that is stated, the smallest area first, and what became of each. */
function Looked({ serviceId, ars, who }: { serviceId: string; ars: string; who: Asker }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const explanation = useQuery(explanationQuery(serviceId, ars, who));
  if (explanation.isPending) return <Loading />;
  if (explanation.isError) {
    return <ErrorState error={explanation.error} onRetry={() => void explanation.refetch()} />;
  }
  const { levels, elsewhere, day, place } = explanation.data;
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="looked">
      <h2 id="looked">{t("offices:why.looked")}</h2>
      <p>{t("offices:why.lookedLead", { place: place.name, day: formatDate(day, currentLanguage()) })}</p>
      <ol className="pv-levels">
        {levels.map((level) => (
          <LevelItem key={level.area.ars} level={level} />
        ))}
      </ol>
      <p>{t("offices:why.elsewhere", { count: elsewhere })}</p>
      {portal.helpEmail !== undefined && (
        <p>
          {t("offices:why.wrong")} <a href={`mailto:${portal.helpEmail}`}>{portal.helpEmail}</a>
        </p>
      )}
    </section>
  );
}

function LevelItem({ level }: { level: Level }) {
  const t = useWords();
  const { area, competences, formerArs } = level;
  return (
    <li className="pv-stack pv-stack--small">
      <h3>
        {area.name} <span className="pv-muted pv-levels__kind">{t(`offices:level.${area.level}`)}</span>
      </h3>
      {formerArs && <p className="pv-small">{t("offices:why.former", { keys: formerArs.join(", ") })}</p>}
      {competences.length === 0 ? (
        <p className="pv-muted">{t("offices:why.nothing")}</p>
      ) : (
        <ul className="pv-bare pv-stack pv-stack--small">
          {competences.map((stated) => (
            <StatedItem key={stated.id} stated={stated} />
          ))}
        </ul>
      )}
    </li>
  );
}

const kinds: Partial<Record<Stated["verdict"], BadgeKind>> = {
  competent: "success",
  candidate: "warning",
  contactPoint: "info",
};

function StatedItem({ stated }: { stated: Stated }) {
  const t = useWords();
  const language = currentLanguage();
  const { organisation, verdict, appliesTo, validFrom, validTo, portal, source, copiedAt, formerArs } =
    stated;
  const details = [
    appliesTo !== undefined && t("offices:why.appliesTo", { for: appliesTo }),
    validFrom !== undefined && t("offices:why.validFrom", { day: formatDate(validFrom, language) }),
    validTo !== undefined && t("offices:why.validTo", { day: formatDate(validTo, language) }),
    formerArs !== undefined && t("offices:why.formerKey", { key: formerArs }),
    t("offices:why.statedBy", { portal: portal.name }),
    source !== undefined && t("offices:why.source", { source }),
    copiedAt !== undefined && t("offices:why.copied", { day: formatDay(copiedAt, language) }),
  ].filter((part) => part !== false);
  return (
    <li className="pv-stated">
      <p className="pv-row">
        {organisation ? (
          <Link to="/stellen/$organisationId" params={{ organisationId: organisation.id }}>
            {organisation.name}
          </Link>
        ) : (
          <span>{t("offices:why.unknownUnit")}</span>
        )}
        <Badge kind={kinds[verdict] ?? "neutral"}>{t(`offices:verdict.${verdict}.name`)}</Badge>
      </p>
      <p>{t(`offices:verdict.${verdict}.text`)}</p>
      <p className="pv-small pv-muted">{details.join(" · ")}</p>
    </li>
  );
}
