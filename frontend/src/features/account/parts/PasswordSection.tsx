import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { PasswordField } from "../../../ui/fields/PasswordField";
import { useFormErrors } from "../../../ui/useFormErrors";
import { removePassword, setPassword } from "../api";
import { useChange } from "./useChange";

type Proved = <T>(change: () => Promise<T>) => Promise<T>;

/** How many passkeys an account without a password has at least. */
const leastPasskeys = 2;

/** The password: to set, to change, and to do without. */
export function PasswordSection({
  credentials,
  proved,
}: {
  credentials: Schemas["Credentials"];
  proved: Proved;
}) {
  const t = useWords();
  const [changing, setChanging] = useState(false);
  const [removing, setRemoving] = useState(false);
  const remove = useChange(async () => {
    setRemoving(false);
    await proved(removePassword);
    return t("account:security.password.removed");
  });
  return (
    <section className="pv-stack" aria-labelledby="password-heading">
      <h2 id="password-heading">{t("account:security.password.title")}</h2>
      <p>
        {credentials.hasPassword ? t("account:security.password.set") : t("account:security.password.none")}
      </p>
      {remove.error !== undefined && <ErrorState error={remove.error} />}
      {changing ? (
        <NewPassword proved={proved} onClose={() => setChanging(false)} />
      ) : (
        <div className="pv-actions">
          <Button variant="secondary" onClick={() => setChanging(true)}>
            {credentials.hasPassword
              ? t("account:security.password.change")
              : t("account:security.password.create")}
          </Button>
          {credentials.hasPassword && credentials.passkeys.length >= leastPasskeys && (
            <Button variant="tertiary" busy={remove.busy} onClick={() => setRemoving(true)}>
              {t("account:security.password.remove")}
            </Button>
          )}
        </div>
      )}
      <Dialog
        open={removing}
        title={t("account:security.password.removeTitle")}
        onClose={() => setRemoving(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setRemoving(false)}>
              {t("account:security.cancel")}
            </Button>
            <Button onClick={remove.run}>{t("account:security.password.remove")}</Button>
          </>
        }
      >
        <p>{t("account:security.password.removeText")}</p>
      </Dialog>
    </section>
  );
}

function NewPassword({ proved, onClose }: { proved: Proved; onClose: () => void }) {
  const t = useWords();
  const errors = useFormErrors();
  const [password, setNew] = useState("");
  const send = useChange(async () => {
    try {
      await proved(() => setPassword(password));
    } catch (problem) {
      if (!errors.showProblem(problem, ["password"])) throw problem;
      return "";
    }
    onClose();
    return t("account:security.password.saved");
  });
  return (
    <form
      className="pv-stack pv-panel"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const missing =
          password === "" ? [{ fieldId: "password", message: t("account:security.password.missing") }] : [];
        if (errors.show(missing)) send.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <PasswordField
        id="password"
        label={t("account:security.password.new")}
        hint={t("account:security.password.hint")}
        error={errors.of("password")}
        value={password}
        onChange={setNew}
        isNew
      />
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("account:security.password.save")}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          {t("account:security.cancel")}
        </Button>
      </div>
    </form>
  );
}
