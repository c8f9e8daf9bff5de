import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { setFitConnectCredentials, type DeliveryHead, type Provider } from "../providers";

/** How far a submission has come at FIT-Connect, and why it was rejected: for a list of facts. */
export function submissionFacts(
  t: ReturnType<typeof useWords>,
  submission: NonNullable<DeliveryHead["submission"]>,
) {
  const at = submission.decidedAt ?? submission.sentAt;
  return [
    {
      id: "state",
      label: t("administration:fitConnect.stateLabel"),
      value:
        t(`administration:fitConnect.state.${submission.state}`) +
        (at === undefined ? "" : ` (${formatDateTime(at, currentLanguage())})`),
    },
    ...(submission.destinationId === undefined
      ? []
      : [
          {
            id: "destination",
            label: t("administration:fitConnect.destination"),
            value: <span className="pv-break">{submission.destinationId}</span>,
          },
        ]),
    ...(submission.submissionId === undefined
      ? []
      : [
          {
            id: "submission",
            label: t("administration:fitConnect.submission"),
            value: <span className="pv-break">{submission.submissionId}</span>,
          },
        ]),
    ...(submission.problems.length === 0
      ? []
      : [
          {
            id: "problems",
            label: t("administration:fitConnect.problems"),
            value: <span className="pv-break">{submission.problems.join("; ")}</span>,
          },
        ]),
  ];
}

/** The credentials of the sender; what is there is never shown. */
export function FitConnectCredentials({
  provider,
  onChanged,
}: {
  provider: Provider;
  onChanged: () => Promise<void>;
}) {
  const t = useWords();
  const status = useStatus();
  const errors = useFormErrors();
  const [clientId, setClientId] = useState(provider.fitConnect?.clientId ?? "");
  const [clientSecret, setClientSecret] = useState("");
  const save = useAction(async () => {
    errors.show([]);
    try {
      await setFitConnectCredentials(provider.id, { clientId: clientId.trim(), clientSecret });
    } catch (problem) {
      if (errors.showProblem(problem, ["clientId", "clientSecret"])) return;
      throw problem;
    }
    setClientSecret("");
    status(t("administration:fitConnect.saved"));
    await onChanged();
  });
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="credentials">
      <h2 id="credentials">{t("administration:fitConnect.credentialsTitle")}</h2>
      <p>{t("administration:fitConnect.credentialsText")}</p>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {save.error !== undefined && <ErrorState error={save.error} />}
      <TextField
        id="clientId"
        label={t("administration:fitConnect.clientId")}
        error={errors.of("clientId")}
        value={clientId}
        onChange={setClientId}
        input={{ autoComplete: "off", spellCheck: false }}
      />
      <TextField
        id="clientSecret"
        label={t("administration:fitConnect.clientSecret")}
        hint={t("administration:fitConnect.clientSecretHint")}
        error={errors.of("clientSecret")}
        value={clientSecret}
        onChange={setClientSecret}
        input={{ type: "password", autoComplete: "off", spellCheck: false }}
      />
      <div>
        <Button variant="secondary" busy={save.busy} onClick={save.run}>
          {t("administration:fitConnect.save")}
        </Button>
      </div>
    </section>
  );
}
