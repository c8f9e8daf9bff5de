import { currentLanguage, useWords } from "../../../i18n";
import { formatDay } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import type { AssociationMember } from "../api";
import { formatSpan, healthBadge, healthOf, healthWords } from "../health";

/** The association in a table: each member's link in a line; on narrow screens a block each. */
export function MemberTable({ members, now }: { members: AssociationMember[]; now: number }) {
  const t = useWords();
  const language = currentLanguage();
  const number = new Intl.NumberFormat(language);
  const ago = (at: string | undefined) =>
    at === undefined
      ? t("administration:association.never")
      : t("administration:association.ago", {
          span: formatSpan(Math.max(Math.round((now - Date.parse(at)) / 1000), 0), language),
        });
  const day = (at: string | undefined) =>
    at === undefined ? t("administration:association.unknown") : formatDay(at, language);
  const columns = ["contact", "catalog", "waiting", "oldest", "certificate", "keys", "version"] as const;
  const cells = (member: AssociationMember): Record<(typeof columns)[number], string> => ({
    contact: ago(latest(member.lastContact, member.catalogReadAt)),
    catalog: ago(member.catalogReadAt),
    waiting: number.format((member.queued ?? 0) + (member.parked ?? 0) + (member.refused ?? 0)),
    oldest: member.oldestQueued === undefined ? "–" : ago(member.oldestQueued),
    certificate: day(member.certificateUntil),
    keys: day(member.keysDue),
    version: member.version ?? t("administration:association.unknown"),
  });
  return (
    <div className="pv-fitting">
      <table className="pv-members">
        <caption className="pv-hidden">{t("administration:association.overview")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("administration:association.column.portal")}</th>
            <th scope="col">{t("administration:association.column.state")}</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {t(`administration:association.column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {members.map((member) => {
            const health = healthOf(member);
            const values = cells(member);
            return (
              <tr key={member.entity}>
                <th scope="row">{member.name}</th>
                <td>
                  <Badge kind={healthBadge[health]}>{t(healthWords[health])}</Badge>
                </td>
                {columns.map((column) => (
                  <td
                    key={column}
                    className={member.self && column !== "version" ? "pv-members__none" : undefined}
                  >
                    <span className="pv-members__label" aria-hidden="true">
                      {t(`administration:association.column.${column}`)}
                    </span>
                    <span>{member.self && column !== "version" ? "–" : values[column]}</span>
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const latest = (a: string | undefined, b: string | undefined) =>
  a === undefined || (b !== undefined && b > a) ? b : a;
