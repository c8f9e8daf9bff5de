import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { portalQuery } from "../../../api/portal";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import {
  checkClient,
  clientQuery,
  clientsQuery,
  deleteClient,
  endSecret,
  rotateSecret,
  type Client,
} from "../api";
import { snippet, software, type Software } from "../snippets";
import { SecretOnce } from "./SecretOnce";

const overlapHours = 24;

/** The secrets of an application: another one, with an overlap, and the end of one that has become known. */
export function Secrets({ client }: { client: Client }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const [secret, setSecret] = useState<string>();
  const reload = () => queryClient.invalidateQueries({ queryKey: clientQuery(client.id).queryKey });
  const rotate = useAction(async (key) => {
    setSecret((await rotateSecret(client.id, key, overlapHours)).secret);
    await reload();
  });
  return (
    <section className="pv-stack">
      <h2>{t("administration:secret.title")}</h2>
      {secret !== undefined && <SecretOnce key={secret} secret={secret} />}
      <ul className="pv-list">
        {client.secrets.map((known) => (
          <SecretItem key={known.id} client={client} secret={known} onEnded={reload} />
        ))}
      </ul>
      <p className="pv-small pv-muted">{t("administration:secret.overlap", { hours: overlapHours })}</p>
      {rotate.error !== undefined && <ErrorState error={rotate.error} />}
      <div>
        <Button variant="secondary" busy={rotate.busy} onClick={rotate.run}>
          {t("administration:secret.new")}
        </Button>
      </div>
    </section>
  );
}

function SecretItem({
  client,
  secret,
  onEnded,
}: {
  client: Client;
  secret: Schemas["ClientSecretInfo"];
  onEnded: () => Promise<void>;
}) {
  const t = useWords();
  const status = useStatus();
  const language = currentLanguage();
  const end = useAction(async () => {
    await endSecret(client.id, secret.id);
    await onEnded();
    status(t("administration:secret.ended"));
  });
  const made = t("administration:secret.made", { when: formatDateTime(secret.createdAt, language) });
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <p>{made}</p>
        <Badge kind={secret.expiresAt === undefined ? "success" : "warning"}>
          {secret.expiresAt === undefined
            ? t("administration:secret.present")
            : t("administration:secret.until", { when: formatDateTime(secret.expiresAt, language) })}
        </Badge>
      </div>
      {end.error !== undefined && <ErrorState error={end.error} />}
      {client.secrets.length > 1 && (
        <div>
          <Button variant="secondary" small busy={end.busy} onClick={end.run}>
            {t("administration:secret.end")}
            <span className="pv-hidden">: {made}</span>
          </Button>
        </div>
      )}
    </li>
  );
}

const outcomeKind = { ok: "success", warning: "warning", failed: "danger" } as const;

/** Has the portal call the application's addresses, and shows what it found. */
export function Checks({ client }: { client: Client }) {
  const t = useWords();
  const status = useStatus();
  const [found, setFound] = useState<Schemas["ClientCheck"][]>();
  const check = useAction(async () => {
    setFound((await checkClient(client.id)).items);
    status(t("administration:check.done"));
  });
  return (
    <section className="pv-stack">
      <h2>{t("administration:check.title")}</h2>
      <p>{t("administration:check.text")}</p>
      {check.error !== undefined && <ErrorState error={check.error} />}
      {found !== undefined && (
        <ul className="pv-list">
          {found.map((item) => (
            <li key={`${item.subject} ${item.address ?? ""}`} className="pv-stack pv-stack--small">
              <div className="pv-row pv-row--between">
                <h3 className="pv-card-title">{t(`administration:check.subject.${item.subject}`)}</h3>
                <Badge kind={outcomeKind[item.outcome]}>
                  {t(`administration:check.outcome.${item.outcome}`)}
                </Badge>
              </div>
              {item.address !== undefined && <p className="pv-small pv-muted pv-break">{item.address}</p>}
              <p>{item.message}</p>
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button variant="secondary" busy={check.busy} onClick={check.run}>
          {t("administration:check.run")}
        </Button>
      </div>
    </section>
  );
}

/** What to enter in software that applications are often made with. */
export function Snippets({ client }: { client: Client }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const [chosen, setChosen] = useState<Software>("openid-client");
  return (
    <section className="pv-stack">
      <h2>{t("administration:snippet.title")}</h2>
      <Select
        id="software"
        label={t("administration:snippet.software")}
        options={software.map((value) => ({ value, label: t(`administration:snippet.name.${value}`) }))}
        value={chosen}
        onChange={(value) => setChosen(software.find((known) => known === value) ?? "other")}
      />
      <pre className="pv-code">{snippet(chosen, portal.id, client)}</pre>
    </section>
  );
}

/** Removes an application, after a question. */
export function Removal({ client, etag }: { client: Client; etag: string }) {
  const t = useWords();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(false);
  const remove = useAction(async () => {
    await deleteClient(client.id, etag);
    await navigate({ to: "/verwaltung/anwendungen" });
    queryClient.removeQueries({ queryKey: clientQuery(client.id).queryKey });
    await queryClient.invalidateQueries({ queryKey: clientsQuery.queryKey });
  });
  return (
    <section className="pv-stack">
      <h2>{t("administration:remove.title")}</h2>
      <p>{t("administration:remove.text")}</p>
      <div>
        <Button variant="secondary" onClick={() => setOpen(true)}>
          {t("administration:remove.open")}
        </Button>
      </div>
      <Dialog
        open={open}
        title={t("administration:remove.question", { name: client.name })}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setOpen(false)}>
              {t("cancel")}
            </Button>
            <Button busy={remove.busy} onClick={remove.run}>
              {t("administration:remove.confirm")}
            </Button>
          </>
        }
      >
        <p>{t("administration:remove.text")}</p>
        {remove.error !== undefined && <ErrorState error={remove.error} />}
      </Dialog>
    </section>
  );
}
