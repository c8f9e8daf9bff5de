import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { actingForQuery, startActing, stopActing, type Power } from "../../../api/acting";
import { homeOf, isElsewhere } from "../../../api/homes";
import { portalQuery } from "../../../api/portal";
import { sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { scopeWords } from "../powers";

const route = getRouteApi("/citizen/personal/handeln-fuer");

/** For whom the person acts: themselves, or somebody who granted them a power of attorney. At every portal. */
export default function ActingPage() {
  const t = useWords();
  const { data } = useSuspenseQuery(actingForQuery);
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <Page narrow>
      <PageHeading title={t("powers:acting.title")} />
      <p>{t("powers:acting.intro")}</p>
      {data.items.length === 0 ? (
        <EmptyState title={t("powers:acting.none")} />
      ) : (
        <ul className="pv-list">
          <Self acting={session.acting !== undefined} />
          {data.items.map((power) => (
            <Choice key={power.id} power={power} chosen={session.acting?.powerId === power.id} />
          ))}
        </ul>
      )}
      <p>
        {!isElsewhere(portal, session) ? (
          <Link to="/vollmachten">{t("powers:acting.manage")}</Link>
        ) : (
          <a href={`${homeOf(portal, session).url}/vollmachten`}>{t("powers:acting.manage")}</a>
        )}
      </p>
    </Page>
  );
}

function Self({ acting }: { acting: boolean }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const back = useAction(async () => {
    await stopActing(queryClient);
    status(t("common:acting.ended"));
  });
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h2 className="pv-card-title">{t("powers:acting.self")}</h2>
        {!acting && <Badge kind="success">{t("powers:acting.now")}</Badge>}
      </div>
      {back.error !== undefined && <ErrorState error={back.error} />}
      {acting && (
        <div>
          <Button variant="secondary" busy={back.busy} onClick={back.run}>
            {t("powers:acting.back")}
          </Button>
        </div>
      )}
    </li>
  );
}

function Choice({ power, chosen }: { power: Power; chosen: boolean }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const navigate = useNavigate();
  const { zurueck } = route.useSearch();
  const start = useAction(async () => {
    await startActing(queryClient, power.id);
    status(t("powers:acting.started", { name: power.principal }));
    if (zurueck !== undefined) await navigate({ href: zurueck });
  });
  const helps = power.kind === "help";
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h2 className="pv-card-title">{power.principal}</h2>
        {chosen && <Badge kind="success">{t("powers:acting.now")}</Badge>}
      </div>
      <p>{t("powers:scopeAnd", { list: scopeWords(power) })}</p>
      <p className="pv-small pv-muted">
        {t(`powers:kind.${power.kind}`)} ·{" "}
        {t("powers:until", { date: formatDate(power.validUntil, currentLanguage()) })}
      </p>
      {start.error !== undefined && <ErrorState error={start.error} />}
      {!chosen && (
        <div>
          <Button busy={start.busy} onClick={start.run}>
            {t(helps ? "powers:acting.chooseHelp" : "powers:acting.choose", { name: power.principal })}
          </Button>
        </div>
      )}
    </li>
  );
}
