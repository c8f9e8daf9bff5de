import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { Timeline } from "../../../ui/Timeline";
import { useAction } from "../../../ui/useAction";
import { comment, type Entry, type Ref } from "../api";

/** What editors and reviewers said about an entry, and a place to say more. */
export function Talk({
  refTo,
  entry,
  onChanged,
}: {
  refTo: Ref;
  entry: Entry;
  onChanged: (entry: Entry) => void;
}) {
  const t = useWords();
  const [text, setText] = useState("");
  const send = useAction(async (key) => {
    if (text.trim() === "") return;
    onChanged(await comment(refTo, text.trim(), key));
    setText("");
  });
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="talk-title">
      <h2 id="talk-title">{t("editing:talk.title")}</h2>
      {entry.data.comments.length > 0 && (
        <Timeline
          items={entry.data.comments.map((said) => ({
            id: said.id,
            title: t(`editing:talk.${said.kind}`),
            meta: [formatDateTime(said.at, currentLanguage()), said.by].filter(Boolean).join(" · "),
            text: said.text,
          }))}
        />
      )}
      {send.error !== undefined && <ErrorState error={send.error} />}
      <TextArea
        id="talk-text"
        label={t("editing:talk.say")}
        hint={t("editing:talk.hint")}
        value={text}
        onChange={setText}
        maxLength={2000}
      />
      <div>
        <Button variant="secondary" busy={send.busy} onClick={send.run}>
          {t("editing:talk.send")}
        </Button>
      </div>
    </section>
  );
}
