import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime, formatDay } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { TextField } from "../../../ui/fields/TextField";
import { addPasskey, removePasskey, renamePasskey, type Passkey } from "../api";
import { useChange } from "./useChange";

type Proved = <T>(change: () => Promise<T>) => Promise<T>;

/** The passkeys of the account: to add, rename and remove. */
export function Passkeys({ passkeys, proved }: { passkeys: Passkey[]; proved: Proved }) {
  const t = useWords();
  const [adding, setAdding] = useState(false);
  const supported = typeof window.PublicKeyCredential !== "undefined";
  return (
    <section className="pv-stack" aria-labelledby="passkeys">
      <h2 id="passkeys">{t("account:security.passkeys.title")}</h2>
      <p>{t("account:security.passkeys.text")}</p>
      {passkeys.length === 0 ? (
        <p className="pv-muted">{t("account:security.passkeys.empty")}</p>
      ) : (
        <ul className="pv-list">
          {passkeys.map((passkey) => (
            <PasskeyItem key={passkey.id} passkey={passkey} proved={proved} />
          ))}
        </ul>
      )}
      {!supported && <p className="pv-muted">{t("account:security.passkeys.unsupported")}</p>}
      {supported && !adding && (
        <div>
          <Button variant="secondary" icon="add" onClick={() => setAdding(true)}>
            {t("account:security.passkeys.add")}
          </Button>
        </div>
      )}
      {adding && <AddPasskey proved={proved} onClose={() => setAdding(false)} />}
    </section>
  );
}

function AddPasskey({ proved, onClose }: { proved: Proved; onClose: () => void }) {
  const t = useWords();
  const [name, setName] = useState("");
  const add = useChange(async () => {
    await proved(() => addPasskey(name.trim()));
    onClose();
    return t("account:security.passkeys.added");
  });
  return (
    <NameForm
      label={t("account:security.passkeys.create")}
      value={name}
      onChange={setName}
      action={add}
      onClose={onClose}
    />
  );
}

function NameForm({
  label,
  value,
  onChange,
  action,
  onClose,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  action: ReturnType<typeof useChange>;
  onClose: () => void;
}) {
  const t = useWords();
  const [missing, setMissing] = useState(false);
  return (
    <form
      className="pv-stack pv-panel"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setMissing(value.trim() === "");
        if (value.trim() !== "") action.run();
      }}
    >
      {action.error !== undefined && <ErrorState error={action.error} />}
      <TextField
        id="passkey-name"
        label={t("account:security.passkeys.name")}
        hint={t("account:security.passkeys.nameHint")}
        error={missing ? t("account:security.passkeys.nameMissing") : undefined}
        value={value}
        onChange={onChange}
        width="medium"
      />
      <div className="pv-actions">
        <Button type="submit" busy={action.busy}>
          {label}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          {t("account:security.cancel")}
        </Button>
      </div>
    </form>
  );
}

function PasskeyItem({ passkey, proved }: { passkey: Passkey; proved: Proved }) {
  const t = useWords();
  const language = currentLanguage();
  const [renaming, setRenaming] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [name, setName] = useState(passkey.name);
  const rename = useChange(async () => {
    await renamePasskey(passkey.id, name.trim());
    setRenaming(false);
    return t("account:security.passkeys.renamed");
  });
  const remove = useChange(async () => {
    setRemoving(false);
    await proved(() => removePasskey(passkey.id));
    return t("account:security.passkeys.removed");
  });
  return (
    <li className="pv-stack pv-stack--small">
      <h3 className="pv-card-title">{passkey.name}</h3>
      <p className="pv-small pv-muted">
        {t("account:security.passkeys.created", { when: formatDay(passkey.createdAt, language) })} ·{" "}
        {passkey.lastUsedAt === undefined
          ? t("account:security.passkeys.unused")
          : t("account:security.passkeys.used", { when: formatDateTime(passkey.lastUsedAt, language) })}{" "}
        · {passkey.synced ? t("account:security.passkeys.synced") : t("account:security.passkeys.device")}
      </p>
      {remove.error !== undefined && <ErrorState error={remove.error} />}
      {renaming ? (
        <NameForm
          label={t("account:security.save")}
          value={name}
          onChange={setName}
          action={rename}
          onClose={() => setRenaming(false)}
        />
      ) : (
        <div className="pv-actions">
          <Button variant="tertiary" onClick={() => setRenaming(true)}>
            {t("account:security.passkeys.rename")}
            <span className="pv-hidden">: {passkey.name}</span>
          </Button>
          <Button variant="tertiary" busy={remove.busy} onClick={() => setRemoving(true)}>
            {t("account:security.passkeys.remove")}
            <span className="pv-hidden">: {passkey.name}</span>
          </Button>
        </div>
      )}
      <Dialog
        open={removing}
        title={t("account:security.passkeys.removeTitle")}
        onClose={() => setRemoving(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setRemoving(false)}>
              {t("account:security.cancel")}
            </Button>
            <Button onClick={remove.run}>{t("account:security.passkeys.remove")}</Button>
          </>
        }
      >
        <p>{t("account:security.passkeys.removeText", { name: passkey.name })}</p>
      </Dialog>
    </li>
  );
}
