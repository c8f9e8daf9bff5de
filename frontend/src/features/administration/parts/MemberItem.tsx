import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Facts } from "../../../ui/Facts";
import { decideMember, type AssociationMember } from "../api";
import { healthBadge, healthOf, healthWords } from "../health";
import { Areas } from "./Areas";
import { Fault } from "./Fault";
import { ReasonDialog } from "./ReasonDialog";
import { StuckMessages } from "./StuckMessages";
import { useDone } from "./useDone";

/** A member, and how the link to it is doing. */
export function MemberItem({ member }: { member: AssociationMember }) {
  const t = useWords();
  const language = currentLanguage();
  const done = useDone();
  const [removing, setRemoving] = useState(false);
  const { id } = member;
  const waiting = (member.queued ?? 0) + (member.parked ?? 0) + (member.refused ?? 0);
  const time = (value: string | undefined) =>
    value === undefined ? t("administration:association.never") : formatDateTime(value, language);
  const health = healthOf(member);
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h3 className="pv-card-title">{member.name}</h3>
        {!member.self && <Badge kind={healthBadge[health]}>{t(healthWords[health])}</Badge>}
      </div>
      <p className="pv-small pv-muted pv-break">
        {member.entity}
        {member.anchor && ` · ${t("administration:association.anchor")}`}
        {member.accountHome && ` · ${t("administration:association.home")}`}
        {member.self && ` · ${t("administration:association.self")}`}
      </p>
      <Areas areas={member.areas} />
      {!member.self && (
        <Facts
          items={[
            ...(member.problem === undefined
              ? []
              : [
                  {
                    id: "problem",
                    label: t("administration:association.problem"),
                    value: <Fault fault={member.problem} />,
                  },
                ]),
            ...(member.statementsFault === undefined
              ? []
              : [
                  {
                    id: "statements",
                    label: t("administration:association.statements"),
                    value: <Fault fault={member.statementsFault} />,
                  },
                ]),
            ...(member.lastError === undefined
              ? []
              : [
                  {
                    id: "error",
                    label: t("administration:association.lastError"),
                    value: <Fault fault={member.lastError} />,
                  },
                ]),
            {
              id: "contact",
              label: t("administration:association.lastContact"),
              value: time(member.lastContact),
            },
            {
              id: "catalog",
              label: t("administration:association.catalog"),
              value: (
                <>
                  {time(member.catalogReadAt)}
                  {member.catalogError !== undefined && (
                    <>
                      <br />
                      <Fault fault={member.catalogError} />
                    </>
                  )}
                </>
              ),
            },
            {
              id: "queue",
              label: t("administration:association.queue"),
              value:
                waiting === 0
                  ? t("administration:association.empty")
                  : t("administration:association.waits", {
                      queued: member.queued ?? 0,
                      parked: member.parked ?? 0,
                      refused: member.refused ?? 0,
                    }),
            },
            {
              id: "until",
              label: t("administration:association.trustedUntil"),
              value: time(member.trustedUntil),
            },
          ]}
        />
      )}
      {waiting > 0 && <StuckMessages portal={member.entity} name={member.name} />}
      {id !== undefined && (
        <div className="pv-actions">
          <Button variant="secondary" small onClick={() => setRemoving(true)}>
            {t("administration:association.remove")}
            <span className="pv-hidden">: {member.name}</span>
          </Button>
        </div>
      )}
      {removing && id !== undefined && (
        <ReasonDialog
          title={t("administration:association.removeQuestion", { name: member.name })}
          text={t("administration:association.removeText")}
          button={t("administration:association.remove")}
          onClose={() => setRemoving(false)}
          act={async (reason) => {
            await decideMember(id, "remove", reason);
            setRemoving(false);
            await done(t("administration:association.removed", { name: member.name }));
          }}
        />
      )}
    </li>
  );
}
