import { useQueryClient, useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { hasRole, sessionQuery } from "../../../api/session";
import { useWords } from "../../../i18n";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import {
  endStaff,
  inviteStaff,
  resetStaffFactors,
  setStaffRoles,
  staffQuery,
  type StaffMember,
} from "../api";
import { noDuties, RoleChoice, toSend, type Duties } from "../parts/RoleChoice";

/** Those who work at this portal: invite, change what they may do, end their access. */
export default function StaffPage() {
  const t = useWords();
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery(staffQuery);
  return (
    <Page narrow>
      <PageHeading title={t("administration:staff.title")} />
      <Invitation />
      <section className="pv-stack">
        <h2>{t("administration:staff.list")}</h2>
        <ul className="pv-list">
          {data.pages
            .flatMap((page) => page.items)
            .map((member) => (
              <StaffItem
                key={`${member.id} ${JSON.stringify([member.roles, member.unitRoles, member.directory])}`}
                member={member}
              />
            ))}
        </ul>
        {hasNextPage && (
          <div>
            <LoadMore busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />
          </div>
        )}
      </section>
    </Page>
  );
}

/** Whether the caller gives roles for the whole portal. */
function useAdministersAll(): boolean {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return hasRole(session, "admin");
}

function Invitation() {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const errors = useFormErrors();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Duties>(noDuties);
  const everywhere = useAdministersAll();
  const invite = useAction(async (key) => {
    try {
      await inviteStaff(key, { email: email.trim(), name: name.trim(), ...toSend(chosen) });
    } catch (problem) {
      if (errors.showProblem(problem, ["email", "name", "roles"])) return;
      throw problem;
    }
    status(t("administration:staff.invited", { email: email.trim() }));
    setEmail("");
    setName("");
    setChosen(noDuties);
    await queryClient.invalidateQueries({ queryKey: staffQuery.queryKey });
  });
  const check = () =>
    errors.show([
      ...(name.trim() === "" ? [{ fieldId: "name", message: t("administration:staff.nameMissing") }] : []),
      ...(/^\S+@\S+$/.test(email.trim())
        ? []
        : [{ fieldId: "email", message: t("administration:staff.emailMissing") }]),
      ...(chosen.roles.length + chosen.unitRoles.length === 0
        ? [{ fieldId: "roles", message: t("administration:staff.rolesMissing") }]
        : []),
    ]);
  return (
    <section className="pv-stack">
      <h2>{t("administration:staff.invite")}</h2>
      <p>{t("administration:staff.inviteText")}</p>
      <form
        className="pv-stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (check()) invite.run();
        }}
      >
        <ErrorSummary errors={errors.list} attempt={errors.attempt} />
        {invite.error !== undefined && <ErrorState error={invite.error} />}
        <TextField
          id="name"
          label={t("administration:staff.name")}
          error={errors.of("name")}
          value={name}
          onChange={setName}
          input={{ autoComplete: "off" }}
        />
        <TextField
          id="email"
          label={t("administration:staff.email")}
          error={errors.of("email")}
          value={email}
          onChange={setEmail}
          input={{ type: "email", autoComplete: "off", spellCheck: false, autoCapitalize: "none" }}
        />
        <RoleChoice
          id="roles"
          value={chosen}
          error={errors.of("roles")}
          everywhere={everywhere}
          onChange={setChosen}
        />
        <div className="pv-actions">
          <Button type="submit" busy={invite.busy}>
            {t("administration:staff.send")}
          </Button>
        </div>
      </form>
    </section>
  );
}

/** What somebody may do, in words. */
function GivenRoles({ roles, unitRoles }: Pick<StaffMember, "roles" | "unitRoles">) {
  const t = useWords();
  return (
    <>
      {roles.length > 0 && <p>{roles.map((role) => t(`administration:role.${role}`)).join(", ")}</p>}
      {unitRoles.map(({ role, organisationId, organisationName }) => (
        <p key={`${role} ${organisationId}`} className="pv-break">
          {t("administration:staff.inUnit", {
            role: t(`administration:role.${role}`),
            unit: organisationName,
          })}
        </p>
      ))}
    </>
  );
}

type Act = "roles" | "factors" | "end";

function StaffItem({ member }: { member: StaffMember }) {
  const t = useWords();
  const [act, setAct] = useState<Act>();
  const acts: [Act, string][] = [
    ["roles", t("administration:staff.change")],
    ["factors", t("administration:staff.factors")],
    ["end", t("administration:staff.end")],
  ];
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h3 className="pv-card-title">{member.name}</h3>
        {member.endedAt !== undefined && <Badge kind="warning">{t("administration:staff.isEnded")}</Badge>}
      </div>
      {member.email !== "" && <p className="pv-small pv-muted pv-break">{member.email}</p>}
      <GivenRoles {...member} />
      {member.directory !== undefined && (
        <>
          <p className="pv-small pv-muted pv-break">
            {t(
              member.directory.roles.length + member.directory.unitRoles.length === 0
                ? "administration:staff.directoryNone"
                : "administration:staff.directory",
              { directory: member.directory.name },
            )}
          </p>
          <GivenRoles {...member.directory} />
        </>
      )}
      {member.endedAt === undefined && (
        <div className="pv-actions">
          {acts.map(([name, words]) => (
            <Button key={name} variant="secondary" small onClick={() => setAct(name)}>
              {words}
              <span className="pv-hidden">: {member.name}</span>
            </Button>
          ))}
        </div>
      )}
      {act === "roles" && <RolesDialog member={member} onClose={() => setAct(undefined)} />}
      {act === "factors" && (
        <StaffDialog
          title={t("administration:staff.factorsQuestion", { name: member.name })}
          submit={t("administration:staff.factors")}
          done={t("administration:staff.factorsDone")}
          run={() => resetStaffFactors(member.id)}
          onClose={() => setAct(undefined)}
        >
          <p>{t("administration:staff.factorsText")}</p>
          <p>
            {member.directory === undefined
              ? t("administration:staff.factorsWhat")
              : t("administration:staff.factorsDirectory", { directory: member.directory.name })}
          </p>
        </StaffDialog>
      )}
      {act === "end" && (
        <StaffDialog
          title={t("administration:staff.endQuestion", { name: member.name })}
          submit={t("administration:staff.end")}
          done={t("administration:staff.ended")}
          run={() => endStaff(member.id)}
          onClose={() => setAct(undefined)}
        >
          <p>{t("administration:staff.endText")}</p>
        </StaffDialog>
      )}
    </li>
  );
}

function RolesDialog({ member, onClose }: { member: StaffMember; onClose: () => void }) {
  const t = useWords();
  const everywhere = useAdministersAll();
  const [chosen, setChosen] = useState<Duties>({ roles: member.roles, unitRoles: member.unitRoles });
  return (
    <StaffDialog
      title={t("administration:staff.changeTitle", { name: member.name })}
      submit={t("administration:staff.save")}
      done={t("administration:staff.changed")}
      run={() => setStaffRoles(member.id, toSend(chosen))}
      onClose={onClose}
    >
      {member.directory !== undefined && (
        <p>{t("administration:staff.beside", { directory: member.directory.name })}</p>
      )}
      <RoleChoice id={`roles-${member.id}`} value={chosen} everywhere={everywhere} onChange={setChosen} />
      <p className="pv-small pv-muted">{t("administration:staff.changeText")}</p>
    </StaffDialog>
  );
}

/** Asks before something is done to somebody's access, does it, and says so. */
function StaffDialog({
  title,
  submit,
  done,
  run,
  onClose,
  children,
}: {
  title: string;
  submit: string;
  done: string;
  run: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const action = useAction(async () => {
    await run();
    onClose();
    status(done);
    await queryClient.invalidateQueries({ queryKey: staffQuery.queryKey });
  });
  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button busy={action.busy} onClick={action.run}>
            {submit}
          </Button>
        </>
      }
    >
      {action.error !== undefined && <ErrorState error={action.error} />}
      {children}
    </Dialog>
  );
}
