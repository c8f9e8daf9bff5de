import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hasStatus } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { profileQuery } from "../api";
import { AccountFrame } from "../parts/AccountFrame";
import { ProfileForm } from "../parts/ProfileForm";
import { ProfileView } from "../parts/ProfileView";
import { Proposals } from "../parts/Proposals";

/** The person's own data: to read, and to change. */
export default function ProfilePage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:profile.title")}>
      <Profile />
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
