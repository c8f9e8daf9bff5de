import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hasStatus } from "../../../api/problem";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { useStatus } from "../../../ui/Status";
import { profileQuery } from "../api";
import { AccountFrame } from "../parts/AccountFrame";
import { ProfileForm } from "../parts/ProfileForm";

/** The person's own data: to read, and to change. */
export default function ProfilePage() {
  const t = useWords();
  return (
    <AccountFrame title={t("account:profile.title")}>
      <Profile />
    </AccountFrame>
  );
}

const shown = [
  "givenName",
  "familyName",
  "birthDate",
  "street",
  "houseNumber",
  "postalCode",
  "city",
  "phone",
  "email",
] as const;

function Profile() {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [editing, setEditing] = useState(false);
  const { data: versioned } = useSuspenseQuery(profileQuery);
  const profile = versioned.data;
  const language = currentLanguage();
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
      <Facts
        items={shown.map((name) => {
          const value = profile[name];
          return {
            id: name,
            label: t(`common:profileItem.${name}`),
            value:
              value === undefined || value === "" ? (
                <span className="pv-muted">{t("account:profile.empty")}</span>
              ) : name === "birthDate" ? (
                formatDate(value, language)
              ) : (
                value
              ),
          };
        })}
      />
      <div>
        <Button variant="secondary" icon="edit" onClick={() => setEditing(true)}>
          {t("account:profile.edit")}
        </Button>
      </div>
    </>
  );
}
