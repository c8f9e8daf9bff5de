import { useState, type ReactNode } from "react";
import { hasStatus } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { TextField, TextArea } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { acts, type Entry, type Ref } from "../api";

type Asked =
  "submit" | "release" | "schedule" | "giveBack" | "withdraw" | "remove" | "discard" | "followSource";

/** What can be done with an entry as it is, by the person who is signed in. */
export function EntryActions({
  refTo,
  entry,
  beforehand,
  onChanged,
  onConflict,
}: {
  refTo: Ref;
  entry: Entry;
  /** Saves what is not saved yet; the entry as it is then, or undefined when that failed. */
  beforehand: () => Promise<Entry | undefined>;
  onChanged: (entry: Entry) => void;
  onConflict: () => void;
}) {
  const t = useWords();
  const status = useStatus();
  const [asked, setAsked] = useState<Asked>();
  const { data } = entry;
  const { rights, state } = data;
  const { writes, releases: publishes } = rights;
  const released = data.released !== undefined;
  const fixed = state === "inReview" || state === "scheduled";
  const simple = (act: (ref: Ref, etag: string) => Promise<Entry>, said: string) => async () => {
    const now = await beforehand();
    if (!now) return;
    onChanged(await act(refTo, now.etag));
    status(said);
  };
  const reopen = useAction(simple(acts.reopen, t("editing:done.reopen")));
  const undelete = useAction(simple(acts.undelete, t("editing:done.undelete")));
  const error = reopen.error ?? undelete.error;
  if (state === "deleted") {
    return (
      <div className="pv-stack pv-stack--small">
        {error !== undefined && <ErrorState error={error} />}
        <div>
          <Button busy={undelete.busy} onClick={undelete.run}>
            {t("editing:act.undelete")}
          </Button>
        </div>
      </div>
    );
  }
  const button = (what: Asked, label: string, variant: "primary" | "secondary" | "tertiary") => (
    <Button variant={variant} onClick={() => setAsked(what)}>
      {label}
    </Button>
  );
  return (
    <div className="pv-stack pv-stack--small">
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-row">
        {rights.release && button("release", t("editing:act.release"), "primary")}
        {rights.release && button("schedule", t("editing:act.schedule"), "secondary")}
        {rights.submit && button("submit", t("editing:act.submit"), rights.release ? "secondary" : "primary")}
        {publishes && fixed && button("giveBack", t("editing:act.giveBack"), "secondary")}
        {fixed && (
          <Button variant="secondary" busy={reopen.busy} onClick={reopen.run}>
            {t("editing:act.reopen")}
          </Button>
        )}
      </div>
      {!fixed && (
        <div className="pv-row">
          {writes && data.hasDraft && released && button("discard", t("editing:act.discard"), "tertiary")}
          {publishes && data.correction && button("followSource", t("editing:act.followSource"), "tertiary")}
          {publishes && released && button("withdraw", t("editing:act.withdraw"), "tertiary")}
          {(released ? publishes : writes || publishes) &&
            button("remove", t("editing:act.remove"), "tertiary")}
        </div>
      )}
      {asked && (
        <AskDialog
          asked={asked}
          onClose={() => setAsked(undefined)}
          onDo={async (text, when) => {
            const now = await beforehand();
            if (!now) {
              setAsked(undefined);
              return;
            }
            try {
              onChanged(await perform(asked, refTo, now.etag, text, when));
            } catch (problem) {
              if (
                hasStatus(problem, 412) ||
                (hasStatus(problem, 409) && problem.code === "released-meanwhile")
              ) {
                setAsked(undefined);
                onConflict();
                return;
              }
              throw problem;
            }
            setAsked(undefined);
            status(t(`editing:done.${asked}`));
          }}
        />
      )}
    </div>
  );
}

function perform(asked: Asked, ref: Ref, etag: string, text: string, when?: string): Promise<Entry> {
  switch (asked) {
    case "submit":
    case "withdraw":
    case "giveBack":
      return acts[asked](ref, etag, text);
    case "release":
    case "schedule":
      return acts.release(ref, etag, text, when);
    default:
      return acts[asked](ref, etag);
  }
}

/** Asks once more, with a note where there is one to be left. */
function AskDialog({
  asked,
  onClose,
  onDo,
}: {
  asked: Asked;
  onClose: () => void;
  onDo: (text: string, when: string | undefined) => Promise<void>;
}) {
  const t = useWords();
  const [text, setText] = useState("");
  const [when, setWhen] = useState("");
  const [missing, setMissing] = useState(false);
  const send = useAction(async () => {
    const needsText = asked === "giveBack" && text.trim() === "";
    const moment = new Date(when);
    const needsDate = asked === "schedule" && !(moment.getTime() > Date.now());
    setMissing(needsText || needsDate);
    if (needsText || needsDate) return;
    await onDo(text.trim(), asked === "schedule" ? moment.toISOString() : undefined);
  });
  const withNote =
    asked === "submit" ||
    asked === "release" ||
    asked === "schedule" ||
    asked === "withdraw" ||
    asked === "giveBack";
  let note: ReactNode = null;
  if (withNote) {
    note = (
      <TextArea
        id="act-note"
        label={t(asked === "giveBack" ? "editing:form.reason" : "editing:form.note")}
        hint={t("editing:hint.note")}
        optional={asked !== "giveBack"}
        error={missing && asked === "giveBack" ? t("editing:form.reasonMissing") : undefined}
        value={text}
        onChange={setText}
        maxLength={1000}
      />
    );
  }
  return (
    <Dialog
      open
      title={t(`editing:act.${asked}`)}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button busy={send.busy} onClick={send.run}>
            {t(`editing:confirm.${asked}`)}
          </Button>
        </>
      }
    >
      <div className="pv-stack pv-stack--medium">
        {send.error !== undefined && <ErrorState error={send.error} />}
        <p>{t(`editing:ask.${asked}`)}</p>
        {asked === "schedule" && (
          <TextField
            id="act-when"
            label={t("editing:form.when")}
            error={missing ? t("editing:form.whenMissing") : undefined}
            input={{ type: "datetime-local" }}
            value={when}
            onChange={setWhen}
            width="medium"
          />
        )}
        {note}
      </div>
    </Dialog>
  );
}
