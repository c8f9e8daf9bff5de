import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { hasSignInPage } from "../../../api/homes";
import { portalQuery } from "../../../api/portal";
import { expectHeading } from "../../../lib/focus";
import { Alert } from "../../../ui/Alert";
import { AnchorButton, Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { registerAccount } from "../api";
import { HomeChoice } from "../parts/HomeChoice";
import { PasswordField } from "../../../ui/fields/PasswordField";
import { checkEmail, checkPassword } from "../parts/checks";

const route = getRouteApi("/citizen/registrieren");
const fieldIds = ["givenName", "familyName", "email", "password"] as const;

/** Creates an account; it exists once the link in the mail was opened. */
export default function RegisterPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const [sentTo, setSentTo] = useState<string>();
  if (!portal.isAccountHome) {
    return (
      <Page narrow>
        <PageHeading title={t("signin:register.title")} />
        {hasSignInPage(portal) ? (
          <>
            <p>{t("signin:homes.register")}</p>
            <HomeChoice addressOf={(home) => `${home.url}/registrieren`} />
          </>
        ) : (
          <>
            <p>{t("signin:elsewhere", { home: portal.accountHome.name })}</p>
            <div>
              <AnchorButton href={`${portal.accountHome.url}/registrieren`}>
                {t("signin:goTo", { home: portal.accountHome.name })}
              </AnchorButton>
            </div>
          </>
        )}
      </Page>
    );
  }
  return (
    <Page narrow>
      {sentTo === undefined ? (
        <RegisterForm
          onSent={(email) => {
            expectHeading();
            setSentTo(email);
          }}
        />
      ) : (
        <>
          <PageHeading key="sent" title={t("signin:register.sentTitle")} />
          <Alert kind="success" title={t("signin:register.sentTo", { email: sentTo })} live>
            <p>{t("signin:register.sentText")}</p>
          </Alert>
        </>
      )}
    </Page>
  );
}

function RegisterForm({ onSent }: { onSent: (email: string) => void }) {
  const t = useWords();
  const { request } = route.useSearch();
  const errors = useFormErrors();
  const [values, setValues] = useState({ givenName: "", familyName: "", email: "", password: "" });
  const [by, setBy] = useState("password");
  const withPasskey = by === "passkey";
  const set = (name: keyof typeof values) => (value: string) =>
    setValues((before) => ({ ...before, [name]: value }));
  const send = useAction(async (key) => {
    try {
      const sent = await registerAccount(
        {
          email: values.email.trim(),
          ...(!withPasskey && { password: values.password }),
          givenName: values.givenName.trim(),
          familyName: values.familyName.trim(),
          ...(request !== undefined && { requestId: request }),
        },
        key,
      );
      onSent(sent.email);
    } catch (problem) {
      if (!errors.showProblem(problem, fieldIds)) throw problem;
    }
  });
  const submit = () => {
    const missing = (["givenName", "familyName"] as const)
      .filter((name) => values[name].trim() === "")
      .map((name) => ({ fieldId: name, message: t(`signin:register.${name}Missing`) }));
    const found = [
      ...missing,
      ...checkEmail(values.email, t),
      ...(withPasskey ? [] : checkPassword(values.password, t)),
    ];
    if (errors.show(found)) send.run();
  };
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <PageHeading title={t("signin:register.title")} />
      <p>{t("signin:register.text")}</p>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <TextField
        id="givenName"
        label={t("common:profileItem.givenName")}
        error={errors.of("givenName")}
        value={values.givenName}
        onChange={set("givenName")}
        input={{ autoComplete: "given-name" }}
      />
      <TextField
        id="familyName"
        label={t("common:profileItem.familyName")}
        error={errors.of("familyName")}
        value={values.familyName}
        onChange={set("familyName")}
        input={{ autoComplete: "family-name" }}
      />
      <TextField
        id="email"
        label={t("signin:email")}
        hint={t("signin:register.emailHint")}
        error={errors.of("email")}
        value={values.email}
        onChange={set("email")}
        input={{ type: "email", autoComplete: "email", spellCheck: false, autoCapitalize: "none" }}
      />
      {typeof window.PublicKeyCredential !== "undefined" && (
        <Radios
          id="by"
          label={t("signin:register.by")}
          options={(["password", "passkey"] as const).map((value) => ({
            value,
            label: t(`signin:register.with.${value}`),
          }))}
          value={by}
          onChange={setBy}
        />
      )}
      {withPasskey ? (
        <p>{t("signin:register.passkeyText")}</p>
      ) : (
        <PasswordField
          id="password"
          label={t("signin:password")}
          hint={t("signin:passwordHint")}
          error={errors.of("password")}
          value={values.password}
          onChange={set("password")}
          isNew
        />
      )}
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("signin:register.submit")}
        </Button>
      </div>
      <p>
        {t("signin:register.haveAccount")}{" "}
        <Link to="/anmelden" search={request === undefined ? {} : { request }}>
          {t("common:session.signIn")}
        </Link>
      </p>
    </form>
  );
}
