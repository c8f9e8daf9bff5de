import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { directoriesQuery, identitiesQuery, identityAddress } from "../../../api/identity";
import { ApiProblem } from "../../../api/problem";
import { keepSession, sessionQuery, signInWithPasskey, worksHere, type Session } from "../../../api/session";
import { useWords } from "../../../i18n";
import { AnchorButton, Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { PasswordField } from "../../../ui/fields/PasswordField";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { credentialsQuery, proveCode, reauthenticate } from "../api";

/** Asks the person to prove again who they are. */
interface Proof {
  /** Runs a change; when the portal asks for a fresh proof, asks the person first, and then runs it. Rejects when they cancel. */
  proved: <T>(change: () => Promise<T>) => Promise<T>;
  /** The dialog; to be placed once on the page. */
  dialog: ReactNode;
}

/** The person closed the question without answering it. */
export class ProofCancelled extends Error {
  constructor() {
    super("proof cancelled");
    this.name = "ProofCancelled";
  }
}

interface Waiting {
  resolve: () => void;
  reject: (error: Error) => void;
}

export function useProof(): Proof {
  const [waiting, setWaiting] = useState<Waiting>();
  const ask = () => new Promise<void>((resolve, reject) => setWaiting({ resolve, reject }));
  const proved = async <T,>(change: () => Promise<T>): Promise<T> => {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== "reauthentication-needed") throw error;
      await ask();
      return change();
    }
  };
  return {
    proved,
    dialog: waiting && (
      <ProofDialog
        onProved={() => {
          setWaiting(undefined);
          waiting.resolve();
        }}
        onCancel={() => {
          setWaiting(undefined);
          waiting.reject(new ProofCancelled());
        }}
      />
    ),
  };
}

function ProofDialog({ onProved, onCancel }: { onProved: () => void; onCancel: () => void }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const { data: credentials } = useSuspenseQuery(credentialsQuery);
  const { data: current } = useSuspenseQuery(sessionQuery);
  const { data: identities } = useQuery({ ...identitiesQuery, enabled: !worksHere(current) });
  const { data: directories } = useQuery({ ...directoriesQuery, enabled: current.directory !== undefined });
  const elsewhere = [
    ...(identities?.items ?? []).map(({ provider }) => provider),
    ...(directories?.items ?? []).filter(({ id }) => id === current.directory),
  ];
  // Who works here and has a passkey proves themselves by it: after the password alone they would not have their roles any more.
  const byPassword =
    credentials.hasPassword &&
    (!worksHere(current) || credentials.oneTimeCodes || credentials.passkeys.length === 0);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const [missing, setMissing] = useState(false);
  const take = (session: Session) => {
    if (!session.signedIn) {
      setAsksCode(true);
      return;
    }
    keepSession(queryClient, session);
    onProved();
  };
  const send = useAction(async () => take(await (asksCode ? proveCode(code) : reauthenticate(password))));
  const passkey = useAction(async () => {
    try {
      take(await signInWithPasskey());
    } catch (error) {
      if (!(error instanceof Error && error.name === "PasskeyCancelled")) throw error;
    }
  });
  const empty = asksCode ? !/^\d{6}$/.test(code.replaceAll(" ", "")) : password === "";
  const submit = () => {
    setMissing(empty);
    if (!empty) send.run();
  };
  const error = send.error ?? passkey.error;
  return (
    <Dialog
      open
      title={t("account:security.prove.title")}
      onClose={onCancel}
      actions={
        <>
          <Button variant="secondary" onClick={onCancel}>
            {t("account:security.cancel")}
          </Button>
          {byPassword && (
            <Button busy={send.busy} onClick={submit}>
              {t("account:security.prove.submit")}
            </Button>
          )}
        </>
      }
    >
      <form
        className="pv-stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p>{t("account:security.prove.text")}</p>
        {error !== undefined && <ErrorState error={error} />}
        {byPassword && !asksCode && (
          <PasswordField
            id="proof-password"
            label={t("account:security.prove.password")}
            error={missing ? t("account:security.prove.passwordMissing") : undefined}
            value={password}
            onChange={setPassword}
          />
        )}
        {asksCode && (
          <TextField
            id="proof-code"
            label={t("account:security.prove.code")}
            error={missing ? t("account:security.prove.codeMissing") : undefined}
            value={code}
            onChange={setCode}
            width="short"
            input={{ inputMode: "numeric", autoComplete: "one-time-code" }}
          />
        )}
        {credentials.passkeys.length > 0 && !asksCode && (
          <div>
            <Button variant="secondary" busy={passkey.busy} onClick={passkey.run}>
              {t("account:security.prove.passkey")}
            </Button>
          </div>
        )}
        {!asksCode &&
          elsewhere.map((provider) => (
            <div key={provider.id}>
              <AnchorButton
                variant="secondary"
                href={identityAddress(provider.id, { intent: "prove", returnTo: window.location.pathname })}
              >
                {t("account:security.prove.identity", { provider: provider.name })}
              </AnchorButton>
            </div>
          ))}
      </form>
    </Dialog>
  );
}
