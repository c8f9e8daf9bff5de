import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Checkboxes } from "../../../ui/fields/ChoiceFields";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { acceptProposal, discardProposal, profileQuery, proposalsQuery } from "../api";
import { useItemText } from "./ProfileView";

type Item = Schemas["ProfileItem"];
type Profile = Schemas["Profile"];

/** Answers from applications that wait to be taken over. */
export function Proposals({ profile }: { profile: Profile }) {
  const { data } = useSuspenseQuery(proposalsQuery);
  return (
    <>
      {data.items.map((proposal) => (
        <Proposal key={proposal.id} proposal={proposal} profile={profile} />
      ))}
    </>
  );
}

function Proposal({ proposal, profile }: { proposal: Schemas["Proposal"]; profile: Profile }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const items = Object.keys(proposal.data).filter((name): name is Item => name !== "origins");
  const [ticked, setTicked] = useState<string[]>(items);
  const [missing, setMissing] = useState(false);
  const ended = () => queryClient.invalidateQueries({ queryKey: proposalsQuery.queryKey });
  const accept = useAction(async () => {
    const changed = await acceptProposal(
      proposal.id,
      items.filter((item) => ticked.includes(item)),
    );
    queryClient.setQueryData(profileQuery.queryKey, changed);
    await ended();
    status(t("account:proposals.accepted"));
  });
  const discard = useAction(async () => {
    await discardProposal(proposal.id);
    await ended();
    status(t("account:proposals.discarded"));
  });
  const error = accept.error ?? discard.error;
  return (
    <section className="pv-panel pv-stack pv-stack--medium" aria-labelledby={`proposal-${proposal.id}`}>
      <h2 className="pv-card-title" id={`proposal-${proposal.id}`}>
        {t("account:proposals.title", { purpose: proposal.purpose })}
      </h2>
      <p>
        {t("account:proposals.text", {
          from: proposal.from,
          when: formatDateTime(proposal.at, currentLanguage()),
        })}
      </p>
      {error !== undefined && <ErrorState error={error} />}
      <Checkboxes
        id={`proposal-${proposal.id}-items`}
        label={t("account:proposals.question")}
        error={missing && ticked.length === 0 ? t("account:proposals.none") : undefined}
        options={items.map((item) => ({
          value: item,
          label: <Offered item={item} data={proposal.data} profile={profile} />,
        }))}
        value={ticked}
        onChange={setTicked}
      />
      <div className="pv-actions">
        <Button
          busy={accept.busy}
          onClick={() => {
            setMissing(ticked.length === 0);
            if (ticked.length > 0) accept.run();
          }}
        >
          {t("account:proposals.accept")}
        </Button>
        <Button variant="secondary" busy={discard.busy} onClick={discard.run}>
          {t("account:proposals.discard")}
        </Button>
      </div>
    </section>
  );
}

function Offered({ item, data, profile }: { item: Item; data: Profile; profile: Profile }) {
  const t = useWords();
  const offered = useItemText(data, item);
  const now = useItemText(profile, item);
  return (
    <>
      {t(`common:profileItem.${item}`)}: <strong>{offered}</strong>
      {typeof now === "string" && (
        <span className="pv-muted"> ({t("account:proposals.now", { value: now })})</span>
      )}
    </>
  );
}
