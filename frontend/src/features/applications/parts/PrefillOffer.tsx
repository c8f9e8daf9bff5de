import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useWords } from "../../../i18n";
import { isBlank, itemsByPath, prefillValues } from "../../../forms/prefill";
import type { SchemaForm } from "../../../forms/useSchemaForm";
import { Alert } from "../../../ui/Alert";
import { AnchorButton, Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useAction } from "../../../ui/useAction";
import { giveConsent, prefillQuery } from "../api";
import { verifiedBy } from "../../../forms/verified";

/**
 * Offers to take the person's data from the account. With a consent for this service they are filled into an untouched
 * form at once; without one it says what would be read and asks.
 */
export function PrefillOffer({
  form,
  serviceId,
  applicationId,
}: {
  form: SchemaForm;
  serviceId: string;
  applicationId: string;
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const prefill = useQuery(prefillQuery(serviceId));
  const consent = useAction(async () => {
    await giveConsent(serviceId);
    await queryClient.invalidateQueries({ queryKey: prefillQuery(serviceId).queryKey });
  });
  const profile = prefill.data?.state === "available" ? prefill.data.profile : undefined;
  const { layout } = form.definition;
  const values = profile ? prefillValues(layout, form.answers, { ...profile }) : undefined;
  const notes = () =>
    new Map(
      [...itemsByPath(layout)].flatMap(([path, item]) => {
        const origin = profile?.origins?.find((known) => known.item === item && known.verified);
        return origin ? [[path, verifiedBy(origin, t)] as const] : [];
      }),
    );
  const untouched = isBlank(form.answers);

  const done = useRef(false);
  const { prefill: fillIn } = form;
  useEffect(() => {
    if (done.current || !values || values.size === 0 || !untouched) return;
    done.current = true;
    fillIn(values, notes());
  });

  if (prefill.isPending || prefill.isError || !prefill.data) return null;
  const { items = [], consentUrl, origin, state } = prefill.data;
  if (state === "notAllowed") {
    return (
      <Alert kind="info" title={t("applications:prefill.notAllowedTitle")}>
        <p>{t("applications:prefill.notAllowedText")}</p>
      </Alert>
    );
  }
  if (state === "available") {
    if (!values || values.size === 0) return null;
    return (
      <Alert kind="info" title={t("applications:prefill.availableTitle")}>
        <p>{t("applications:prefill.availableText", { home: origin.name })}</p>
        <div>
          <Button variant="secondary" onClick={() => fillIn(values, notes())}>
            {t("applications:prefill.use")}
          </Button>
        </div>
      </Alert>
    );
  }
  const names = items.map((item) => t(`common:profileItem.${item}`)).join(", ");
  const back = `/antraege/${applicationId}/bearbeiten`;
  return (
    <Alert kind="info" title={t("applications:prefill.title")}>
      <p>{t("applications:prefill.text", { home: origin.name, items: names })}</p>
      <p className="pv-small pv-muted">{t("applications:prefill.note")}</p>
      {consent.error !== undefined && <ErrorState error={consent.error} />}
      <div>
        {consentUrl === undefined ? (
          <Button variant="secondary" busy={consent.busy} onClick={consent.run}>
            {t("applications:prefill.consent")}
          </Button>
        ) : (
          <AnchorButton variant="secondary" href={withReturn(consentUrl, back)}>
            {t("applications:prefill.consent")}
          </AnchorButton>
        )}
      </div>
    </Alert>
  );
}

/** Lets the way to the consent lead back to this form. */
function withReturn(address: string, returnTo: string): string {
  const url = new URL(address, window.location.origin);
  url.searchParams.set("returnTo", returnTo);
  return `${url.pathname}${url.search}`;
}
