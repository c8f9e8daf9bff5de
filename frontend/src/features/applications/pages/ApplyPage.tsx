import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useLocation, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { reaches } from "../../../api/identity";
import { hasSignInPage, homeNames } from "../../../api/homes";
import { portalQuery } from "../../../api/portal";
import { sessionQuery, signInAddress } from "../../../api/session";
import { currentLanguage, useWords, type Say } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { formatMoney } from "../../../lib/money";
import { Alert } from "../../../ui/Alert";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { AnchorButton, Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { createApplication, draftsQuery, keepApplication, offersQuery, serviceQuery } from "../api";

const route = getRouteApi("/citizen/leistungen/$serviceId/antrag");

/** Before the form: who gets the application, what to have at hand, and the sign-in. */
export default function ApplyPage() {
  const t = useWords();
  const { serviceId } = route.useParams();
  const { ars, angebot } = route.useSearch();
  const { data: service } = useSuspenseQuery(serviceQuery(serviceId, ars));
  const { data: offers } = useSuspenseQuery(offersQuery(service.id, ars));
  const online = offers.items.filter((offer) => offer.channel === "form");
  const offer =
    online.find((candidate) => candidate.id === angebot) ?? (online.length === 1 ? online[0] : undefined);
  return (
    <Page narrow>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          {
            id: "service",
            link: (
              <Link
                to="/leistungen/$serviceId"
                params={{ serviceId }}
                search={ars === undefined ? {} : { ars }}
              >
                {service.title}
              </Link>
            ),
          },
          { id: "this", link: t("applications:apply.crumb") },
        ]}
      />
      <PageHeading title={t("applications:apply.title", { service: service.title })} />
      {offer ? (
        <Begin
          offer={offer}
          ars={ars ?? offers.place?.ars ?? offer.area.ars}
          service={service}
          place={offers.place}
        />
      ) : (
        <Alert kind="info" title={t("applications:apply.noOffer")}>
          <div>
            <LinkButton
              to="/leistungen/$serviceId"
              params={{ serviceId }}
              search={ars === undefined ? {} : { ars }}
              variant="secondary"
            >
              {t("applications:apply.backToService")}
            </LinkButton>
          </div>
        </Alert>
      )}
    </Page>
  );
}

function Begin({
  offer,
  ars,
  service,
  place,
}: {
  offer: Schemas["Offer"];
  ars: string;
  service: Schemas["Service"];
  place: Schemas["PlaceReference"] | undefined;
}) {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const documents = service.documents.map((document) => document.title).join(", ");
  return (
    <>
      <Facts
        items={[
          {
            id: "office",
            label: t("applications:apply.office"),
            value: `${offer.organisation.name}, ${offer.portal.name}`,
          },
          { id: "place", label: t("applications:apply.place"), value: place?.name ?? offer.area.name },
          {
            id: "documents",
            label: t("applications:apply.documents"),
            value: documents === "" ? t("applications:apply.noDocuments") : documents,
          },
          ...(offer.fee === undefined
            ? []
            : [
                {
                  id: "fee",
                  label: t("applications:fee.label"),
                  value: feeText(offer.fee, t),
                },
              ]),
        ]}
      />
      {offer.trustLevel !== undefined && !reaches(session.trustLevel, offer.trustLevel) && (
        <Alert kind="info" title={t("applications:apply.levelTitle")}>
          <p>
            {t("applications:apply.levelText", { level: t(`applications:prove.level.${offer.trustLevel}`) })}
          </p>
        </Alert>
      )}
      {session.signedIn ? (
        <StartDraft offerId={offer.id} ars={ars} serviceId={service.id} />
      ) : (
        <SignInFirst />
      )}
      <p>
        <Link
          to="/leistungen/$serviceId/vordruck"
          params={{ serviceId: service.id }}
          search={{ ars, angebot: offer.id }}
        >
          {t("applications:paper.link")}
        </Link>
      </p>
    </>
  );
}

function SignInFirst() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const returnTo = useLocation({ select: (location) => location.href });
  return (
    <section className="pv-stack pv-stack--medium">
      <h2>{t("applications:apply.signInTitle")}</h2>
      <p>{t("applications:apply.signInText", { home: homeNames(portal, session) })}</p>
      <div className="pv-actions">
        {hasSignInPage(portal) ? (
          <LinkButton to="/anmelden" search={{ returnTo }}>
            {t("applications:apply.signIn")}
          </LinkButton>
        ) : (
          <AnchorButton href={signInAddress(returnTo)}>{t("applications:apply.signIn")}</AnchorButton>
        )}
      </div>
      <p className="pv-small pv-muted">{t("applications:apply.signInNote")}</p>
    </section>
  );
}

function StartDraft({ offerId, ars, serviceId }: { offerId: string; ars: string; serviceId: string }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const drafts = useQuery(draftsQuery);
  const draft = drafts.data?.items.find(
    (candidate) =>
      candidate.serviceId === serviceId &&
      candidate.coApplicantState === undefined &&
      (candidate.actsFor?.powerId ?? undefined) === session.acting?.powerId,
  );
  const start = useAction(async (key) => {
    const application = await createApplication(offerId, ars, key);
    keepApplication(queryClient, application);
    await navigate({
      to: "/antraege/$applicationId/bearbeiten",
      params: { applicationId: application.data.id },
    });
  });
  const here = useLocation({ select: (location) => location.href });
  return (
    <section className="pv-stack pv-stack--medium">
      <Facts
        items={[
          {
            id: "forWhom",
            label: t("applications:acting.forWhom"),
            value: session.acting?.name ?? t("applications:acting.forSelf"),
            action: (
              <Link to="/handeln-fuer" search={{ zurueck: here }}>
                {t(session.acting ? "applications:acting.changeBack" : "applications:acting.change")}
              </Link>
            ),
          },
        ]}
      />
      {start.error !== undefined && <ErrorState error={start.error} />}
      {draft && (
        <Alert kind="info" title={t("applications:apply.draftTitle")}>
          <p>
            {t("applications:apply.draftText", { when: formatDateTime(draft.changedAt, currentLanguage()) })}
          </p>
          <div>
            <LinkButton
              to="/antraege/$applicationId/bearbeiten"
              params={{ applicationId: draft.id }}
              icon="edit"
            >
              {t("applications:apply.continue")}
            </LinkButton>
          </div>
        </Alert>
      )}
      <div className="pv-actions">
        <Button
          variant={draft ? "secondary" : "primary"}
          icon="arrow-forward"
          busy={start.busy}
          onClick={start.run}
        >
          {draft ? t("applications:apply.startNew") : t("applications:apply.start")}
        </Button>
      </div>
      <p className="pv-small pv-muted">{t("applications:apply.saveNote")}</p>
    </section>
  );
}

const money = (of: Schemas["Money"]) => formatMoney(of.amount, of.currency, currentLanguage());

/** What is known of a fee before anything is answered. */
function feeText({ amount, range }: Schemas["OnlineFee"], t: Say): string {
  if (range !== undefined)
    return t("applications:fee.later", { from: money(range.from), to: money(range.to) });
  return amount ? money(amount) : t("applications:fee.byAnswers");
}
