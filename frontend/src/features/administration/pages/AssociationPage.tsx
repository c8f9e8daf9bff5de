import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { associationQuery, leaveAssociation, type AssociationState } from "../api";
import { Alerts } from "../parts/Alerts";
import { Fault } from "../parts/Fault";
import { Fingerprint } from "../parts/Fingerprint";
import { History } from "../parts/History";
import { Joining } from "../parts/Joining";
import { MemberItem } from "../parts/MemberItem";
import { MemberTable } from "../parts/MemberTable";
import { NetworkMap } from "../parts/NetworkMap";
import { PortalKeys } from "../parts/PortalKeys";
import { ReasonDialog } from "../parts/ReasonDialog";
import { RequestItem } from "../parts/RequestItem";
import { useDone } from "../parts/useDone";

/** The association: where this portal stands, who belongs to it and how the links are, who asks; joining and leaving. */
export default function AssociationPage() {
  const t = useWords();
  const { data, dataUpdatedAt } = useSuspenseQuery(associationQuery);
  const open = data.requests.filter((request) => request.state === "asked");
  const state = data.joined?.state;
  return (
    <Page>
      <PageHeading title={t("administration:association.title")} />
      <Standing data={data} />
      {open.length > 0 && (
        <section className="pv-stack">
          <h2>{t("administration:association.requests")}</h2>
          <ul className="pv-list">
            {open.map((request) => (
              <RequestItem key={request.id} request={request} />
            ))}
          </ul>
        </section>
      )}
      <Alerts data={data} />
      {data.members.length > 1 && (
        <section className="pv-stack">
          <h2>{t("administration:association.overview")}</h2>
          <div className="pv-overview">
            <NetworkMap members={data.members} />
            <MemberTable members={data.members} now={dataUpdatedAt} />
          </div>
        </section>
      )}
      <History members={data.members} />
      <section className="pv-stack">
        <h2>{t("administration:association.members")}</h2>
        <ul className="pv-list">
          {data.members.map((member) => (
            <MemberItem key={member.entity} member={member} />
          ))}
        </ul>
      </section>
      {data.managed !== false && (state === "member" || state === "asked") && (
        <Leaving asked={state === "asked"} />
      )}
      {data.managed !== false && state !== "member" && state !== "asked" && data.members.length === 1 && (
        <Joining data={data} />
      )}
    </Page>
  );
}

function Standing({ data }: { data: AssociationState }) {
  const t = useWords();
  const joined = data.joined;
  return (
    <>
      {joined?.state === "asked" && (
        <Alert kind="info" title={t("administration:association.waiting", { anchor: joined.anchor })}>
          <p>{t("administration:association.waitingText")}</p>
          <p>
            <Fingerprint>{data.fingerprint}</Fingerprint>
          </p>
        </Alert>
      )}
      {(joined?.state === "declined" || joined?.state === "removed") && (
        <Alert kind="warning" title={t(`administration:association.state.${joined.state}`)}>
          <p>{joined.reason}</p>
        </Alert>
      )}
      {joined?.failure !== undefined && (
        <Alert kind="warning" title={t("administration:association.anchorAway")}>
          <Fault fault={joined.failure} />
        </Alert>
      )}
      <Facts
        items={[
          { id: "title", label: t("administration:association.name"), value: data.title },
          {
            id: "role",
            label: t("administration:association.role"),
            value: t(
              !data.leads
                ? "administration:association.belongs"
                : data.members.length > 1
                  ? "administration:association.leads"
                  : "administration:association.alone",
            ),
          },
          {
            id: "fingerprint",
            label: t("administration:association.fingerprint"),
            value: <Fingerprint>{data.fingerprint}</Fingerprint>,
          },
        ]}
      />
      <PortalKeys keys={data.keys} />
    </>
  );
}

function Leaving({ asked }: { asked: boolean }) {
  const t = useWords();
  const done = useDone();
  const [open, setOpen] = useState(false);
  const words = asked ? "withdraw" : "leave";
  return (
    <section className="pv-stack">
      <div>
        <Button variant="secondary" onClick={() => setOpen(true)}>
          {t(`administration:association.${words}`)}
        </Button>
      </div>
      {open && (
        <ReasonDialog
          title={t(`administration:association.${words}`)}
          text={t("administration:association.leaveText")}
          button={t(`administration:association.${words}`)}
          onClose={() => setOpen(false)}
          act={async (reason) => {
            await leaveAssociation(reason);
            setOpen(false);
            await done(t("administration:association.left"));
          }}
        />
      )}
    </section>
  );
}
