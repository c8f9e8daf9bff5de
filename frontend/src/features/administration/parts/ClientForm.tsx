import { useState, type ReactNode } from "react";
import { ApiProblem } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Checkboxes, Declaration, Radios } from "../../../ui/fields/ChoiceFields";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import type { ClientDraft } from "../api";
import { authenticationsOf, kinds, lines, ofKind, scopesOf, signsIn } from "../draft";

const address = { type: "url", inputMode: "url", spellCheck: false, autoCapitalize: "none" } as const;

/** The field that the portal's pointer into the body belongs to, and the line of it where it holds several. */
function place(pointer: string): { fieldId: string; line: number | undefined } {
  const [name = "", part] = pointer.slice(1).split("/");
  if (name === "purpose") return { fieldId: `purpose-${part ?? "de"}`, line: undefined };
  const listed = name === "redirectUris" || name === "postLogoutRedirectUris";
  return { fieldId: name, line: listed && part !== undefined ? Number(part) + 1 : undefined };
}

/** What is registered of an application. `onSave` gives what was filled in to the portal. */
export function ClientForm({
  start,
  isNew = false,
  submit,
  onSave,
}: {
  start: ClientDraft;
  isNew?: boolean;
  submit: ReactNode;
  onSave: (draft: ClientDraft, key: string) => Promise<void>;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [draft, setDraft] = useState(start);
  const [redirects, setRedirects] = useState(start.redirectUris.join("\n"));
  const [afterLogout, setAfterLogout] = useState(start.postLogoutRedirectUris.join("\n"));
  const change = (part: Partial<ClientDraft>) => setDraft({ ...draft, ...part });
  const people = signsIn(draft.kind);
  const save = useAction(async (key) => {
    const { url, privacyUrl, backChannelLogoutUri, jwks, jwksUri, ...rest } = draft;
    const byKey = draft.authentication === "privateKeyJwt";
    const optional = {
      ...(url?.trim() && { url: url.trim() }),
      ...(privacyUrl?.trim() && { privacyUrl: privacyUrl.trim() }),
      ...(people &&
        draft.kind !== "native" &&
        backChannelLogoutUri?.trim() && { backChannelLogoutUri: backChannelLogoutUri.trim() }),
      ...(byKey && jwks?.trim() && { jwks: jwks.trim() }),
      ...(byKey && jwksUri?.trim() && { jwksUri: jwksUri.trim() }),
    };
    const addresses = people
      ? { redirectUris: lines(redirects), postLogoutRedirectUris: lines(afterLogout) }
      : { redirectUris: [], postLogoutRedirectUris: [] };
    try {
      await onSave({ ...rest, ...optional, ...addresses }, key);
      errors.show([]);
    } catch (problem) {
      if (!(problem instanceof ApiProblem) || problem.errors.length === 0) throw problem;
      errors.show(
        problem.errors.map(({ pointer, message }) => {
          const { fieldId, line } = place(pointer);
          return {
            fieldId,
            message: line === undefined ? message : t("administration:client.line", { line, message }),
          };
        }),
      );
    }
  });
  const text = (id: "name" | "url" | "privacyUrl" | "backChannelLogoutUri" | "jwksUri") => ({
    id,
    error: errors.of(id),
    value: draft[id] ?? "",
    onChange: (value: string) => change({ [id]: value }),
    label: t(`administration:client.${id}`),
  });
  return (
    <form
      className="pv-stack pv-stack--large"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {save.error !== undefined && <ErrorState error={save.error} />}
      {isNew && (
        <Radios
          id="kind"
          label={t("administration:client.kind")}
          options={kinds.map((value) => ({
            value,
            label: (
              <>
                <span className="pv-strong">{t(`administration:kind.${value}.name`)}</span>
                <br />
                {t(`administration:kind.${value}.hint`)}
              </>
            ),
          }))}
          value={draft.kind}
          onChange={(value) => {
            const kind = kinds.find((known) => known === value);
            if (kind) setDraft(ofKind(draft, kind));
          }}
        />
      )}
      <section className="pv-stack">
        <h2>{t("administration:client.shown")}</h2>
        <TextField {...text("name")} hint={t("administration:client.nameHint")} />
        <TextField
          id="purpose-de"
          label={t("administration:client.purpose")}
          hint={t("administration:client.purposeHint")}
          error={errors.of("purpose-de")}
          value={draft.purpose.de}
          onChange={(de) => change({ purpose: { ...draft.purpose, de } })}
        />
        <TextField
          id="purpose-en"
          label={t("administration:client.purposeEn")}
          optional
          error={errors.of("purpose-en")}
          value={draft.purpose.en ?? ""}
          onChange={(en) =>
            change({ purpose: en === "" ? { de: draft.purpose.de } : { ...draft.purpose, en } })
          }
        />
        <TextField {...text("url")} optional input={address} />
        <TextField {...text("privacyUrl")} optional input={address} />
      </section>
      {people && (
        <section className="pv-stack">
          <h2>{t("administration:client.addresses")}</h2>
          <TextArea
            id="redirectUris"
            label={t("administration:client.redirectUris")}
            hint={t(
              draft.kind === "native"
                ? "administration:client.redirectHintNative"
                : "administration:client.redirectHint",
            )}
            error={errors.of("redirectUris")}
            value={redirects}
            onChange={setRedirects}
          />
          <TextArea
            id="postLogoutRedirectUris"
            label={t("administration:client.postLogoutRedirectUris")}
            optional
            error={errors.of("postLogoutRedirectUris")}
            value={afterLogout}
            onChange={setAfterLogout}
          />
          {draft.kind !== "native" && (
            <TextField
              {...text("backChannelLogoutUri")}
              hint={t("administration:client.logoutHint")}
              optional
              input={address}
            />
          )}
        </section>
      )}
      <section className="pv-stack">
        <h2>{t("administration:client.rights")}</h2>
        {draft.kind !== "native" && (
          <Radios
            id="authentication"
            label={t("administration:client.authentication")}
            error={errors.of("authentication")}
            options={authenticationsOf(draft.kind).map((value) => ({
              value,
              label: t(`administration:authentication.${value}`),
            }))}
            value={draft.authentication}
            onChange={(value) =>
              change({ authentication: value === "privateKeyJwt" ? value : "clientSecret" })
            }
          />
        )}
        {draft.authentication === "privateKeyJwt" && (
          <>
            <TextField
              {...text("jwksUri")}
              hint={t("administration:client.jwksUriHint")}
              optional
              input={address}
            />
            <TextArea
              id="jwks"
              label={t("administration:client.jwks")}
              hint={t("administration:client.jwksHint")}
              optional
              error={errors.of("jwks")}
              value={draft.jwks ?? ""}
              onChange={(jwks) => change({ jwks })}
            />
          </>
        )}
        <Checkboxes
          id="scopes"
          label={t("administration:client.scopes")}
          hint={t("administration:client.scopesHint")}
          error={errors.of("scopes")}
          options={scopesOf(draft.kind).map((value) => ({
            value,
            label: t(`administration:scope.${value.replace(":", "_") as "openid"}`),
          }))}
          value={draft.scopes}
          onChange={(chosen) =>
            change({ scopes: scopesOf(draft.kind).filter((scope) => chosen.includes(scope)) })
          }
        />
        <Declaration
          id="active"
          label={t("administration:client.active")}
          hint={t("administration:client.activeHint")}
          checked={draft.active}
          onChange={(active) => change({ active })}
        />
      </section>
      <div className="pv-actions">
        <Button type="submit" busy={save.busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
