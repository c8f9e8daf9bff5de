import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { sessionQuery, worksHere } from "../../../api/session";
import { useWords } from "../../../i18n";
import { credentialsQuery } from "../api";
import { AccountFrame } from "../parts/AccountFrame";
import { EmailSection } from "../parts/EmailSection";
import { FactorNeeded } from "../parts/FactorNeeded";
import { OneTimeCodes, RecoverySection } from "../parts/OneTimeCodes";
import { Passkeys } from "../parts/Passkeys";
import { PasswordSection } from "../parts/PasswordSection";
import { useProof } from "../parts/useProof";

/** What the account proves itself with: passkeys, password, one-time codes. */
export default function SecurityPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:security.title")}>
      <Security />
    </AccountFrame>
  );
}

function Security() {
  const t = useWords();
  const { data: credentials } = useSuspenseQuery(credentialsQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { proved, dialog } = useProof();
  const unproved =
    session.secondFactorNeeded === true && (credentials.oneTimeCodes || credentials.passkeys.length > 0);
  const [begunUnproved] = useState(unproved); // who sets up their first factor here still sees what belongs to it
  if (unproved && begunUnproved) return <FactorNeeded credentials={credentials} />;
  return (
    <div className="pv-stack pv-stack--large">
      <p>{t("account:security.text")}</p>
      {unproved && <FactorNeeded credentials={credentials} />}
      <Passkeys passkeys={credentials.passkeys} proved={proved} />
      {session.directory === undefined && <PasswordSection credentials={credentials} proved={proved} />}
      {credentials.hasPassword || session.directory !== undefined || credentials.passkeys.length === 0 ? (
        <OneTimeCodes credentials={credentials} proved={proved} />
      ) : (
        <RecoverySection credentials={credentials} proved={proved} />
      )}
      {!worksHere(session) && <EmailSection proved={proved} />}
      {dialog}
    </div>
  );
}
