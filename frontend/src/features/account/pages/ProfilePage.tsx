import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { hasStatus } from "../../../api/problem";
import { sessionQuery } from "../../../api/session";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { profileQuery } from "../api";
import { AccountFrame } from "../parts/AccountFrame";
import { EmailReturned } from "../parts/EmailReturned";
import { OrganisationView } from "../parts/OrganisationView";
import { ProfileForm } from "../parts/ProfileForm";
import { ProfileView } from "../parts/ProfileView";
import { Proposals } from "../parts/Proposals";

/** The person's own data: to read, and to change; in the account of an organisation, what it is and who acts for it. */
export default function ProfilePage() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const organisation = session.actsFor !== undefined;
  return (
    <AccountFrame title={t(organisation ? "account:organisation.title" : "account:profile.title")}>
      {organisation ? <OrganisationView /> : <Profile />}
    </AccountFrame>
  );
}

function Profile() {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [editing, setEditing] = useState(false);
  const { data: versioned } = useSuspenseQuery(profileQuery);
  if (editing) {
    return (
      <ProfileForm
        profile={versioned}
        onCancel={() => setEditing(false)}
        onSaved={(changed) => {
          queryClient.setQueryData(profileQuery.queryKey, changed);
          setEditing(false);
          status(t("account:profile.saved"));
        }}
        explain={(error) =>
          hasStatus(error, 412) ? (
            <p role="alert">{t("account:profile.changedElsewhere")}</p>
          ) : (
            <ErrorState error={error} />
          )
        }
      />
    );
  }
  return (
    <>
      <EmailReturned profile={versioned.data}>
        <Link to="/konto/sicherheit">{t("account:returned.change")}</Link>
      </EmailReturned>
      <p>{t("account:profile.text")}</p>
      <Proposals profile={versioned.data} />
      <ProfileView profile={versioned.data} />
      <div>
        <Button variant="secondary" icon="edit" onClick={() => setEditing(true)}>
          {t("account:profile.edit")}
        </Button>
      </div>
    </>
  );
}
