import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import {
  arrivalQuery,
  createLinkedAccount,
  identitiesQuery,
  linkArrival,
  takeOverData,
  type Arrival,
} from "../../../api/identity";
import { ApiProblem, hasStatus } from "../../../api/problem";
import { keepSession } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { expectHeading } from "../../../lib/focus";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Checkboxes } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { checkEmail } from "../parts/checks";
import { SignInForm } from "../parts/SignInForm";

const route = getRouteApi("/citizen/anmelden/nachweis");

type Item = Schemas["ProfileItem"];

/** After an identity provider: makes an account, links the one there is, or takes over data, as the person decides. */
export default function ArrivalPage() {
  const { vorgang } = route.useSearch();
  const t = useWords();
  return (
    <Page narrow>
      {vorgang === undefined ? (
        <>
          <PageHeading title={t("signin:arrival.goneTitle")} />
          <p>{t("signin:arrival.gone")}</p>
        </>
      ) : (
        <Decide arrivalId={vorgang} />
      )}
    </Page>
  );
}

function Decide({ arrivalId }: { arrivalId: string }) {
  const { data: arrival } = useSuspenseQuery(arrivalQuery(arrivalId));
  if (arrival.step === "account") return <NewHere arrival={arrival} />;
  if (arrival.step === "link") return <LinkIt arrival={arrival} />;
  return <TakeOver arrival={arrival} />;
}

/** Who the identity provider says it is. */
function Who({ arrival }: { arrival: Arrival }) {
  const t = useWords();
  return (
    <Facts
      items={[
        { id: "name", label: t("signin:arrival.name"), value: arrival.name },
        ...(arrival.actingPerson === undefined
          ? []
          : [{ id: "acting", label: t("signin:arrival.acting"), value: arrival.actingPerson }]),
        { id: "provider", label: t("signin:arrival.provedBy"), value: arrival.provider.name },
        { id: "level", label: t("signin:arrival.level"), value: t(`signin:level.${arrival.level}`) },
      ]}
    />
  );
}

function NewHere({ arrival }: { arrival: Arrival }) {
  const t = useWords();
  const [has, setHas] = useState(false);
  const queryClient = useQueryClient();
  const organisation = arrival.provider.subjects === "organisation";
  if (has) {
    return (
      <>
        <PageHeading key="has" title={t("signin:arrival.signInTitle")} />
        <p>{t("signin:arrival.signInText", { provider: arrival.provider.name })}</p>
        <SignInForm
          onSignedIn={async () => {
            expectHeading();
            await queryClient.invalidateQueries({ queryKey: arrivalQuery(arrival.id).queryKey });
          }}
        />
        <div>
          <Button variant="tertiary" onClick={() => setHas(false)}>
            {t("common:back")}
          </Button>
        </div>
      </>
    );
  }
  return (
    <>
      <PageHeading key="new" title={t("signin:arrival.newTitle", { provider: arrival.provider.name })} />
      <Who arrival={arrival} />
      {!organisation && (
        <section className="pv-stack pv-stack--small">
          <h2>{t("signin:arrival.hasTitle")}</h2>
          <p>{t("signin:arrival.hasText")}</p>
          <div>
            <Button
              variant="secondary"
              onClick={() => {
                expectHeading();
                setHas(true);
              }}
            >
              {t("signin:arrival.has")}
            </Button>
          </div>
        </section>
      )}
      <CreateAccount arrival={arrival} />
    </>
  );
}

function CreateAccount({ arrival }: { arrival: Arrival }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const errors = useFormErrors();
  const [items, setItems] = useState<Item[]>([]);
  const [email, setEmail] = useState(arrival.email ?? "");
  const organisation = arrival.provider.subjects === "organisation";
  const send = useAction(async () => {
    try {
      const address = email.trim();
      const session = await createLinkedAccount(arrival.id, {
        items,
        ...(address !== "" && { email: address }),
      });
      keepSession(queryClient, session);
      await navigate({ href: arrival.continueTo, replace: true });
    } catch (problem) {
      if (!errors.showProblem(problem, ["email"])) throw problem;
    }
  });
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (errors.show(email.trim() === "" ? [] : checkEmail(email, t))) send.run();
      }}
    >
      <h2>{t(organisation ? "signin:arrival.createOrganisation" : "signin:arrival.create")}</h2>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && <ErrorState error={send.error} />}
      {organisation ? (
        <p>{t("signin:arrival.organisationText")}</p>
      ) : (
        <ChooseItems
          arrival={arrival}
          leaveOut={["givenName", "familyName"]}
          hint={t("signin:arrival.itemsHint")}
          value={items}
          onChange={setItems}
        />
      )}
      <TextField
        id="email"
        label={t("signin:arrival.email")}
        hint={t("signin:arrival.emailHint")}
        optional
        error={errors.of("email")}
        value={email}
        onChange={setEmail}
        input={{ type: "email", autoComplete: "email", spellCheck: false, autoCapitalize: "none" }}
      />
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("signin:arrival.createButton")}
        </Button>
      </div>
    </form>
  );
}

function LinkIt({ arrival }: { arrival: Arrival }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const [prove, setProve] = useState(false);
  const send = useAction(async () => {
    try {
      keepSession(queryClient, await linkArrival(arrival.id));
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.code === "reauthentication-needed") {
        setProve(true);
        return;
      }
      throw problem;
    }
    expectHeading();
    await queryClient.invalidateQueries({ queryKey: identitiesQuery.queryKey });
    await queryClient.invalidateQueries({ queryKey: arrivalQuery(arrival.id).queryKey });
  });
  return (
    <>
      <PageHeading key="link" title={t("signin:arrival.linkTitle", { provider: arrival.provider.name })} />
      <Who arrival={arrival} />
      <p>{t("signin:arrival.linkText", { provider: arrival.provider.name })}</p>
      {send.error !== undefined && <ErrorState error={send.error} />}
      {prove ? (
        <section className="pv-stack">
          <h2>{t("signin:arrival.proveTitle")}</h2>
          <p>{t("signin:arrival.proveText")}</p>
          <SignInForm onSignedIn={() => send.run()} />
        </section>
      ) : (
        <div className="pv-actions">
          <Button busy={send.busy} onClick={send.run}>
            {t("signin:arrival.link")}
          </Button>
          <Leave arrival={arrival}>{t("signin:arrival.dontLink")}</Leave>
        </div>
      )}
    </>
  );
}

function TakeOver({ arrival }: { arrival: Arrival }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [items, setItems] = useState<Item[]>([]);
  const send = useAction(async () => {
    if (items.length > 0) {
      try {
        await takeOverData(arrival.id, items);
      } catch (problem) {
        if (!hasStatus(problem, 404)) throw problem; // taken over before
      }
      await queryClient.invalidateQueries({ queryKey: ["profile"] });
      await queryClient.invalidateQueries({ queryKey: identitiesQuery.queryKey });
    }
    await navigate({ href: arrival.continueTo, replace: true });
  });
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send.run();
      }}
    >
      <PageHeading key="data" title={t("signin:arrival.dataTitle", { provider: arrival.provider.name })} />
      {arrival.items.length === 0 ? (
        <Alert kind="info" title={t("signin:arrival.noData")} />
      ) : (
        <ChooseItems
          arrival={arrival}
          leaveOut={[]}
          hint={t("signin:arrival.dataHint")}
          value={items}
          onChange={setItems}
        />
      )}
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {items.length === 0 ? t("signin:arrival.withoutData") : t("signin:arrival.takeOver")}
        </Button>
      </div>
    </form>
  );
}

/** Which data are to be taken over; nothing is chosen in advance. */
function ChooseItems({
  arrival,
  leaveOut,
  hint,
  value,
  onChange,
}: {
  arrival: Arrival;
  leaveOut: Item[];
  hint: string;
  value: Item[];
  onChange: (items: Item[]) => void;
}) {
  const t = useWords();
  const offered = arrival.items.filter(({ item }) => !leaveOut.includes(item));
  if (offered.length === 0) return null;
  const show = (item: Item, text: string) =>
    item === "birthDate" ? formatDate(text, currentLanguage()) : text;
  const all = offered.every(({ item }) => value.includes(item));
  return (
    <div className="pv-stack pv-stack--small">
      <Checkboxes
        id="items"
        label={t("signin:arrival.items")}
        hint={hint}
        options={offered.map(({ item, value: text, current }) => ({
          value: item,
          label: (
            <>
              {t(`common:profileItem.${item}`)}: <span className="pv-strong">{show(item, text)}</span>
              {current !== undefined && current !== text && (
                <span className="pv-small pv-muted">
                  {" "}
                  ({t("signin:arrival.now", { value: show(item, current) })})
                </span>
              )}
            </>
          ),
        }))}
        value={value}
        onChange={(chosen) =>
          onChange(offered.map(({ item }) => item).filter((item) => chosen.includes(item)))
        }
      />
      <div>
        <Button variant="tertiary" onClick={() => onChange(all ? [] : offered.map(({ item }) => item))}>
          {t(all ? "signin:arrival.chooseNone" : "signin:arrival.chooseAll")}
        </Button>
      </div>
    </div>
  );
}

function Leave({ arrival, children }: { arrival: Arrival; children: string }) {
  return (
    <LinkButton to={arrival.continueTo} variant="secondary">
      {children}
    </LinkButton>
  );
}
