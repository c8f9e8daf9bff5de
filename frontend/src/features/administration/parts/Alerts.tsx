import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import type { AssociationState, LinkAlert } from "../api";

/** What is wrong for long enough to be told of, and what has ended lately. */
export function Alerts({ data }: { data: AssociationState }) {
  const t = useWords();
  const alerts = data.alerts ?? [];
  const open = alerts.filter((alert) => alert.endedAt === undefined);
  const ended = alerts.filter((alert) => alert.endedAt !== undefined);
  if (data.members.length < 2 && alerts.length === 0) return null;
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("administration:association.alerts.title")}</h2>
      {open.length === 0 && <p>{t("administration:association.alerts.none")}</p>}
      {open.length > 0 && <AlertList alerts={open} members={data.members} />}
      {ended.length > 0 && (
        <details className="pv-more">
          <summary>{t("administration:association.alerts.ended", { count: ended.length })}</summary>
          <AlertList alerts={ended} members={data.members} />
        </details>
      )}
      <p className="pv-small pv-muted">
        {t(
          data.alertsByMail === true
            ? "administration:association.alerts.byMail"
            : "administration:association.alerts.noMail",
        )}
      </p>
    </section>
  );
}

function AlertList({ alerts, members }: { alerts: LinkAlert[]; members: AssociationState["members"] }) {
  const t = useWords();
  const language = currentLanguage();
  const nameOf = (id: string) => members.find(({ entity }) => entity === id)?.name ?? id;
  return (
    <ul className="pv-list">
      {alerts.map((alert) => (
        <li key={`${alert.kind} ${alert.portal} ${alert.since}`} className="pv-stack pv-stack--small">
          <div className="pv-row pv-row--between">
            <strong className="pv-break">{nameOf(alert.portal)}</strong>
            <Badge kind={alert.endedAt === undefined ? "warning" : "neutral"}>
              {t(
                alert.endedAt === undefined
                  ? "administration:association.alerts.open"
                  : "administration:association.alerts.over",
              )}
            </Badge>
          </div>
          <p>
            {t(`administration:association.alerts.kind.${alert.kind}`)}{" "}
            <span className="pv-muted">
              {alert.endedAt === undefined
                ? t("administration:association.alerts.since", {
                    when: formatDateTime(alert.since, language),
                  })
                : t("administration:association.alerts.between", {
                    from: formatDateTime(alert.since, language),
                    until: formatDateTime(alert.endedAt, language),
                  })}
            </span>
          </p>
        </li>
      ))}
    </ul>
  );
}
