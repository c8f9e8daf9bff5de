import { useState } from "react";
import { useWords } from "../../../i18n";
import { FormDialog } from "../../../ui/FormDialog";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { inviteCoApplicant, type CoApplicantInvitation } from "../joint";

/** Whom to invite: a name, and where the invitation goes. */
export default function InviteDialog({
  applicationId,
  save,
  onInvited,
  onClose,
}: {
  applicationId: string;
  save: () => Promise<boolean>;
  onInvited: (made: CoApplicantInvitation) => void;
  onClose: () => void;
}) {
  const t = useWords();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [failed, setFailed] = useState<unknown>();
  const errors = useFormErrors();
  const show = (list: Parameters<typeof errors.show>[0]) => {
    const none = errors.show(list);
    if (!none) document.getElementById(list[0]?.fieldId ?? "")?.focus();
    return none;
  };
  const invite = useAction(async () => {
    setFailed(undefined);
    if (name.trim() === "") {
      show([{ fieldId: "co-name", message: t("applications:joint.nameMissing") }]);
      return;
    }
    show([]);
    try {
      if (!(await save())) return;
      onInvited(
        await inviteCoApplicant(applicationId, {
          name: name.trim(),
          ...(email.trim() !== "" && { email: email.trim() }),
        }),
      );
    } catch (error) {
      if (errors.showProblem(error, { name: "co-name", email: "co-email" })) {
        document.getElementById("co-email")?.focus();
      } else setFailed(error);
    }
  });
  return (
    <FormDialog
      title={t("applications:joint.inviteTitle")}
      button={t("applications:joint.send")}
      busy={invite.busy}
      error={failed}
      onSubmit={invite.run}
      onClose={onClose}
    >
      <p>{t("applications:joint.inviteText")}</p>
      <TextField
        id="co-name"
        label={t("applications:joint.name")}
        value={name}
        error={errors.of("co-name")}
        onChange={setName}
        input={{ autoComplete: "off" }}
      />
      <TextField
        id="co-email"
        label={t("applications:joint.email")}
        hint={t("applications:joint.emailHint")}
        optional
        value={email}
        error={errors.of("co-email")}
        onChange={setEmail}
        input={{ type: "email", inputMode: "email", autoComplete: "off", spellCheck: false }}
      />
    </FormDialog>
  );
}
