import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import { useLive } from "../../../api/live";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { focusElement } from "../../../lib/focus";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import {
  coApplicantKinds,
  coApplicantsQuery,
  remindCoApplicant,
  removeCoApplicant,
  type CoApplicant,
  type CoApplicantInvitation,
} from "../joint";

const InviteDialog = lazy(() => import("./InviteDialog"));
const LinkDialog = lazy(() => import("./LinkDialog"));

/** Who makes the application together with the person who fills it in: who has consented, and inviting, reminding and removing them. */
export function CoApplicants({
  applicationId,
  save,
  refused,
}: {
  applicationId: string;
  /** Saves the draft at once; says whether all of it is saved. */
  save: () => Promise<boolean>;
  /** What the portal says when consents are missing. */
  refused: unknown;
}) {
  const t = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  const headingId = useId();
  const queryClient = useQueryClient();
  const list = useQuery(coApplicantsQuery(applicationId, save));
  const [inviting, setInviting] = useState(false);
  const [invitation, setInvitation] = useState<CoApplicantInvitation>();
  const again = () => queryClient.invalidateQueries({ queryKey: coApplicantsQuery(applicationId).queryKey });
  useLive(`/api/v1/applications/${applicationId}/events`, () => void again());
  useEffect(() => {
    if (refused !== undefined) focusElement(heading.current);
  }, [refused]);
  const invited = (made: CoApplicantInvitation) => {
    setInviting(false);
    setInvitation(made);
    void again();
  };
  const { data } = list;
  return (
    <section className="pv-stack pv-stack--medium pv-no-print" aria-labelledby={headingId}>
      <h2 id={headingId} ref={heading}>
        {t("applications:joint.title")}
      </h2>
      {refused !== undefined && <ErrorState error={refused} />}
      {list.isPending && <Loading />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {data && (
        <>
          <p>
            {data.from > 1
              ? t("applications:joint.introNeeded", { from: data.from })
              : t("applications:joint.introAlone", { to: data.to })}
          </p>
          <p>{t("applications:joint.you")}</p>
          <div>
            <p className="pv-small pv-muted">{t("applications:joint.words")}</p>
            <blockquote className="pv-quote">{data.consent}</blockquote>
          </div>
          {data.items.length > 0 && (
            <ul className="pv-list" aria-label={t("applications:joint.list")}>
              {data.items.map((person) => (
                <Person
                  key={person.id}
                  applicationId={applicationId}
                  person={person}
                  onInvited={invited}
                  onChange={again}
                  onRemoved={() => focusElement(heading.current)}
                />
              ))}
            </ul>
          )}
          {data.items.length + 1 < data.to && (
            <div>
              <Button variant="secondary" icon="add" onClick={() => setInviting(true)}>
                {t("applications:joint.invite")}
              </Button>
            </div>
          )}
        </>
      )}
      <Suspense>
        {inviting && (
          <InviteDialog
            applicationId={applicationId}
            save={save}
            onInvited={invited}
            onClose={() => setInviting(false)}
          />
        )}
        {invitation?.link !== undefined && (
          <LinkDialog
            invitation={invitation}
            link={invitation.link}
            onClose={() => setInvitation(undefined)}
          />
        )}
      </Suspense>
    </section>
  );
}

function Person({
  applicationId,
  person,
  onInvited,
  onChange,
  onRemoved,
}: {
  applicationId: string;
  person: CoApplicant;
  onInvited: (made: CoApplicantInvitation) => void;
  onChange: () => Promise<void>;
  onRemoved: () => void;
}) {
  const t = useWords();
  const language = currentLanguage();
  const status = useStatus();
  const [removing, setRemoving] = useState(false);
  const { state, name, remindFrom } = person;
  const anew = state === "invited" || state === "expired";
  const remind = useAction(async () => {
    const made = await remindCoApplicant(applicationId, person.id);
    if (made.link === undefined) {
      status(t("applications:joint.reminded"));
      await onChange();
    } else onInvited(made);
  });
  const remove = useAction(async () => {
    await removeCoApplicant(applicationId, person.id);
    setRemoving(false);
    status(t("applications:joint.removed", { name }));
    await onChange();
    onRemoved();
  });
  const when = person.consentedAt ?? person.expiresAt;
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between pv-row--top">
        <h3 className="pv-card-title">{name}</h3>
        <Badge kind={coApplicantKinds[state]}>{t(`applications:joint.state.${state}`)}</Badge>
      </div>
      <p>
        {t(`applications:joint.detail.${state}`, {
          when: when === undefined ? "" : formatDateTime(when, language),
        })}
      </p>
      {person.email !== undefined && <p className="pv-small pv-muted pv-hash">{person.email}</p>}
      {remind.error !== undefined && <ErrorState error={remind.error} />}
      {state !== "consented" && remindFrom !== undefined && (
        <p className="pv-small pv-muted">
          {t("applications:joint.remindFrom", { when: formatDateTime(remindFrom, language) })}
        </p>
      )}
      <div className="pv-row pv-row--tight">
        {state !== "consented" && remindFrom === undefined && (
          <Button variant="tertiary" small icon="mail" busy={remind.busy} onClick={remind.run}>
            {t(anew ? "applications:joint.anew" : "applications:joint.remind")}
            <span className="pv-hidden"> – {name}</span>
          </Button>
        )}
        <Button variant="tertiary" small icon="delete" onClick={() => setRemoving(true)}>
          {t("applications:joint.remove")}
          <span className="pv-hidden"> – {name}</span>
        </Button>
      </div>
      <Dialog
        open={removing}
        title={t("applications:joint.removeTitle", { name })}
        onClose={() => setRemoving(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setRemoving(false)}>
              {t("common:cancel")}
            </Button>
            <Button busy={remove.busy} onClick={remove.run}>
              {t("applications:joint.removeConfirm")}
            </Button>
          </>
        }
      >
        <p>{t("applications:joint.removeText")}</p>
        {remove.error !== undefined && <ErrorState error={remove.error} />}
      </Dialog>
    </li>
  );
}
