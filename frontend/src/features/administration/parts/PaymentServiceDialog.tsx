import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { setPaymentService, type PaymentService } from "../paymentServices";
import { UnitField } from "./UnitField";

const ways = ["oauth", "basic", "certificate"] as const;

/** Which field has what the portal found wrong. */
const fields = {
  organisationId: "unit",
  url: "url",
  originatorId: "originator",
  endPointId: "end-point",
  listUrl: "list-url",
  tokenUrl: "token-url",
  clientId: "client-id",
  certificate: "certificate",
  secret: "secret",
  "account/holder": "holder",
  "account/iban": "iban",
  "account/bic": "bic",
};

const given = (text: string) => (text.trim() === "" ? undefined : text.trim());

/** What a service has to start with. */
const filled = (service: PaymentService | undefined) => ({
  url: service?.url ?? "",
  originator: service?.originatorId ?? "",
  endPoint: service?.endPointId ?? "",
  listUrl: service?.listUrl ?? "",
  tokenUrl: service?.tokenUrl ?? "",
  clientId: service?.clientId ?? "",
  certificate: service?.certificate?.pem ?? "",
  secret: "",
  holder: service?.account?.holder ?? "",
  iban: service?.account?.iban ?? "",
  bic: service?.account?.bic ?? "",
});

/** Sets a payment service; without one, a new one. */
export function PaymentServiceDialog({
  service,
  onClose,
  onSaved,
}: {
  service: PaymentService | undefined;
  onClose: () => void;
  onSaved: () => Promise<void>;
}) {
  const t = useWords();
  const status = useStatus();
  const errors = useFormErrors();
  const [scope, setScope] = useState("portal");
  const [unit, setUnit] = useState(service?.organisationId);
  const [way, setWay] = useState<Schemas["PaymentAuthentication"]>(service?.authentication ?? "oauth");
  const [texts, setTexts] = useState(() => filled(service));
  type Name = keyof typeof texts;
  const save = useAction(async () => {
    const { url, originator, endPoint, holder, iban } = texts;
    const missing = [
      ...(scope === "unit" && unit === undefined
        ? [{ fieldId: "unit", message: t("administration:staff.unitMissing") }]
        : []),
      ...(
        [
          ["url", url],
          ["originator", originator],
          ["end-point", endPoint],
        ] as const
      ).flatMap(([fieldId, text]) =>
        text.trim() === "" ? [{ fieldId, message: t("administration:payments.missing") }] : [],
      ),
    ];
    if (!errors.show(missing)) return;
    const bic = given(texts.bic);
    const [listUrl, tokenUrl, clientId, certificate, secret] = [
      given(texts.listUrl),
      given(texts.tokenUrl),
      given(texts.clientId),
      given(texts.certificate),
      given(texts.secret),
    ];
    try {
      await setPaymentService({
        url: url.trim(),
        originatorId: originator.trim(),
        endPointId: endPoint.trim(),
        authentication: way,
        ...(unit !== undefined && { organisationId: unit }),
        ...(listUrl !== undefined && { listUrl }),
        ...(tokenUrl !== undefined && { tokenUrl }),
        ...(clientId !== undefined && { clientId }),
        ...(certificate !== undefined && { certificate }),
        ...(secret !== undefined && { secret }),
        ...((given(holder) ?? given(iban)) !== undefined && {
          account: { holder: holder.trim(), iban: iban.trim(), ...(bic !== undefined && { bic }) },
        }),
      });
    } catch (problem) {
      if (errors.showProblem(problem, fields)) return;
      throw problem;
    }
    status(t("administration:payments.saved"));
    await onSaved();
  });
  const line = (id: string, name: Exclude<Name, "certificate" | "secret">, hint?: string) => (
    <TextField
      id={id}
      label={t(`administration:payments.field.${name}`)}
      hint={hint}
      error={errors.of(id)}
      input={{ autoComplete: "off", spellCheck: false, autoCapitalize: "none" }}
      value={texts[name]}
      onChange={(text) => setTexts({ ...texts, [name]: text })}
    />
  );
  return (
    <FormDialog
      title={
        service === undefined
          ? t("administration:payments.add")
          : t("administration:payments.changeOf", {
              name: service.organisationName ?? t("administration:payments.portal"),
            })
      }
      button={t("administration:payments.save")}
      busy={save.busy}
      error={save.error}
      onSubmit={save.run}
      onClose={onClose}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {service === undefined && (
        <>
          <Radios
            id="scope"
            label={t("administration:payments.scope")}
            options={[
              { value: "portal", label: t("administration:payments.portal") },
              { value: "unit", label: t("administration:payments.unit") },
            ]}
            value={scope}
            onChange={(value) => {
              setScope(value);
              setUnit(undefined);
            }}
          />
          {scope === "unit" && <UnitField id="unit" error={errors.of("unit")} onChoose={setUnit} />}
        </>
      )}
      {line("url", "url", t("administration:payments.hint.url"))}
      {line("originator", "originator")}
      {line("end-point", "endPoint")}
      {line("list-url", "listUrl", t("administration:payments.hint.listUrl"))}
      <Radios
        id="way"
        label={t("administration:payments.authentication")}
        options={ways.map((value) => ({ value, label: t(`administration:payments.by.${value}`) }))}
        value={way}
        onChange={(value) => setWay(ways.find((known) => known === value) ?? "oauth")}
      />
      {way === "oauth" && line("token-url", "tokenUrl")}
      {way !== "certificate" && line("client-id", "clientId")}
      {way === "certificate" ? (
        <>
          <TextArea
            id="certificate"
            label={t("administration:payments.field.certificate")}
            hint={t("administration:payments.hint.certificate")}
            error={errors.of("certificate")}
            value={texts.certificate}
            onChange={(certificate) => setTexts({ ...texts, certificate })}
          />
          <TextArea
            id="secret"
            label={t("administration:payments.field.key")}
            hint={t(
              service === undefined
                ? "administration:payments.hint.key"
                : "administration:payments.hint.secretKept",
            )}
            error={errors.of("secret")}
            value={texts.secret}
            onChange={(secret) => setTexts({ ...texts, secret })}
          />
        </>
      ) : (
        <TextField
          id="secret"
          label={t("administration:payments.field.secret")}
          hint={service === undefined ? undefined : t("administration:payments.hint.secretKept")}
          error={errors.of("secret")}
          input={{ type: "password", autoComplete: "off", spellCheck: false }}
          value={texts.secret}
          onChange={(secret) => setTexts({ ...texts, secret })}
        />
      )}
      <fieldset className="pv-stack">
        <legend>{t("administration:payments.accountTitle")}</legend>
        <p>{t("administration:payments.accountText")}</p>
        {line("holder", "holder")}
        {line("iban", "iban")}
        {line("bic", "bic")}
      </fieldset>
    </FormDialog>
  );
}
