import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { useLeaveWarning } from "../../../ui/useLeaveWarning";
import { useAction } from "../../../ui/useAction";
import { answerAuthority, applicationQuery } from "../api";

const longest = 4000;

/** Writes to the authority: an answer, or something to add. */
export function WriteForm({ applicationId, label }: { applicationId: string; label: string }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [text, setText] = useState("");
  const [error, setError] = useState<string>();
  useLeaveWarning(() => text.trim() !== "");
  const send = useAction(async (key) => {
    await answerAuthority(applicationId, { text: text.trim() }, key);
    setText("");
    status(t("applications:page.sent"));
    await queryClient.invalidateQueries({ queryKey: applicationQuery(applicationId).queryKey });
  });
  const submit = () => {
    const length = [...text.trim()].length;
    const wrong = length === 0 ? t("applications:page.writeEmpty") : t("applications:page.writeLong");
    if (length === 0 || length > longest) {
      setError(wrong);
      document.getElementById("message")?.focus();
      return;
    }
    setError(undefined);
    send.run();
  };
  return (
    <form
      className="pv-stack pv-stack--medium"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextArea
        id="message"
        label={label}
        error={error}
        value={text}
        onChange={setText}
        maxLength={longest}
      />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div className="pv-actions">
        <Button type="submit" busy={send.busy} icon="mail">
          {t("applications:page.send")}
        </Button>
      </div>
    </form>
  );
}
