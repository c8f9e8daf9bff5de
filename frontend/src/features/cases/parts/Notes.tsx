import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { Timeline } from "../../../ui/Timeline";
import { useAction } from "../../../ui/useAction";
import { caseQuery, noteCase, type Case } from "../api";
import { InsertTemplate } from "./InsertTemplate";

const longest = 4000;

/** What clerks write for each other into the file. */
export function Notes({ item }: { item: Case }) {
  const t = useWords();
  const client = useQueryClient();
  const status = useStatus();
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const save = useAction(async (key) => {
    client.setQueryData(caseQuery(item.id).queryKey, await noteCase(item.id, text.trim(), key));
    setText("");
    status(t("cases:note.saved"));
  });
  return (
    <section className="pv-stack pv-stack--medium">
      <h2>{t("cases:note.title")}</h2>
      {item.notes.length === 0 ? (
        <p className="pv-muted">{t("cases:note.none")}</p>
      ) : (
        <Timeline
          items={item.notes.map((note) => ({
            id: note.id,
            title: note.author || t("cases:statistics.formerly"),
            meta: formatDateTime(note.at, currentLanguage()),
            text: note.text,
          }))}
        />
      )}
      <form
        className="pv-stack pv-stack--medium"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setMissing(text.trim() === "");
          if (text.trim() !== "") save.run();
          else document.getElementById("note")?.focus();
        }}
      >
        <InsertTemplate item={item} use="note" text={text} onInsert={setText} />
        <TextArea
          id="note"
          label={t("cases:note.label")}
          hint={t("cases:note.hint")}
          error={missing ? t("cases:note.missing") : undefined}
          value={text}
          onChange={setText}
          maxLength={longest}
        />
        {save.error !== undefined && <ErrorState error={save.error} />}
        <div>
          <Button type="submit" variant="secondary" busy={save.busy}>
            {t("cases:note.save")}
          </Button>
        </div>
      </form>
    </section>
  );
}
