import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import {
  deliveriesQuery,
  replaceWebhookSecret,
  setProviderAddress,
  testProvider,
  type Provider,
} from "../providers";
import { PushAnswer } from "./PushAnswer";
import { SecretOnce } from "./SecretOnce";

const overlapHours = 24;

/** Sends an invented application, and shows what the provider answers. */
export function ProviderTest({ provider, onSent }: { provider: Provider; onSent: () => Promise<void> }) {
  const t = useWords();
  const [sent, setSent] = useState<string>();
  const newest = useInfiniteQuery({
    ...deliveriesQuery(provider.id, undefined),
    enabled: sent !== undefined,
    refetchInterval: 2000,
  });
  const item = newest.data?.pages[0]?.items.find((known) => known.id === sent);
  const test = useAction(async (key) => {
    setSent((await testProvider(provider.id, key)).id);
    await onSent();
  });
  const answered = item !== undefined && (item.fault !== undefined || item.state !== "pending");
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="test">
      <h2 id="test">{t("administration:providers.testTitle")}</h2>
      <p>{t("administration:providers.testText")}</p>
      {test.error !== undefined && <ErrorState error={test.error} />}
      <div role="status">
        {sent !== undefined && !answered && (
          <p>
            {t(provider.pushes ? "administration:providers.testWaits" : "administration:providers.testFetch")}
          </p>
        )}
        {answered && (
          <Alert
            kind={item.fault === undefined ? "success" : "warning"}
            title={t(
              item.fault === undefined
                ? "administration:providers.testTaken"
                : "administration:providers.testFailed",
            )}
          >
            <PushAnswer item={item} />
          </Alert>
        )}
      </div>
      <div>
        <Button variant="secondary" busy={test.busy} onClick={test.run}>
          {t("administration:providers.test")}
        </Button>
      </div>
    </section>
  );
}

/** Where deliveries are pushed to. */
export function ProviderAddress({
  provider,
  onChanged,
}: {
  provider: Provider;
  onChanged: () => Promise<void>;
}) {
  const t = useWords();
  const status = useStatus();
  const errors = useFormErrors();
  const [address, setAddress] = useState(provider.deliveryUrl ?? "");
  const save = useAction(async () => {
    errors.show([]);
    try {
      await setProviderAddress(provider.id, address.trim());
    } catch (problem) {
      if (errors.showProblem(problem, ["deliveryUrl"])) return;
      throw problem;
    }
    status(t("administration:providers.addressSaved"));
    await onChanged();
  });
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="address">
      <h2 id="address">{t("administration:providers.addressTitle")}</h2>
      <p>{t("administration:providers.addressText")}</p>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {save.error !== undefined && <ErrorState error={save.error} />}
      <TextField
        id="deliveryUrl"
        label={t("administration:providers.address")}
        hint={t("administration:providers.addressHint")}
        error={errors.of("deliveryUrl")}
        value={address}
        onChange={setAddress}
        input={{ type: "url", autoComplete: "off", spellCheck: false }}
      />
      <div>
        <Button variant="secondary" busy={save.busy} onClick={save.run}>
          {t("administration:providers.addressSave")}
        </Button>
      </div>
    </section>
  );
}

/** The secret that pushes are signed with: another one, with an overlap. */
export function ProviderSecret({
  provider,
  onChanged,
}: {
  provider: Provider;
  onChanged: () => Promise<void>;
}) {
  const t = useWords();
  const [secret, setSecret] = useState<string>();
  const [open, setOpen] = useState(false);
  const replace = useAction(async (key) => {
    setSecret((await replaceWebhookSecret(provider.id, key, overlapHours)).secret);
    setOpen(false);
    await onChanged();
  });
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="secret">
      <h2 id="secret">{t("administration:providers.secretTitle")}</h2>
      {secret !== undefined && <SecretOnce key={secret} secret={secret} />}
      <p>{t("administration:providers.secretText", { hours: overlapHours })}</p>
      <div>
        <Button variant="secondary" onClick={() => setOpen(true)}>
          {t("administration:providers.secretNew")}
        </Button>
      </div>
      <Dialog
        open={open}
        title={t("administration:providers.secretQuestion", { name: provider.name })}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setOpen(false)}>
              {t("cancel")}
            </Button>
            <Button busy={replace.busy} onClick={replace.run}>
              {t("administration:providers.secretNew")}
            </Button>
          </>
        }
      >
        <p>{t("administration:providers.secretText", { hours: overlapHours })}</p>
        {replace.error !== undefined && <ErrorState error={replace.error} />}
      </Dialog>
    </section>
  );
}
