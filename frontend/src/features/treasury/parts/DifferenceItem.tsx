import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { TextArea } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useAction } from "../../../ui/useAction";
import { explainDifference, resolveDifference, type Difference } from "../api";
import { useDone } from "./useDone";
import { useMoney } from "./useMoney";

/** What one side has and the other has not, with what to do about it. */
export function DifferenceItem({
  difference,
  service,
}: {
  difference: Difference;
  /** Where it is; without one, at the configured service. */
  service: string | undefined;
}) {
  const t = useWords();
  const money = useMoney();
  const done = useDone();
  const [noting, setNoting] = useState(false);
  const { kind, transactionId, reference, ours, theirs, note } = difference;
  const resolve = useAction(async (key) => {
    const { payment, refund } = await resolveDifference(service, transactionId, key);
    const booked = payment === undefined ? refund : payment;
    await done(
      t(payment === undefined ? "treasury:difference.held" : "treasury:difference.booked", {
        reference: booked?.reference,
      }),
    );
  });
  const bookable = kind === "notBooked" || kind === "unknown";
  const nothing = t("treasury:difference.nothing");
  return (
    <li className="pv-stack pv-stack--small">
      <h3 className="pv-card-title">{t(`treasury:difference.kind.${kind}`)}</h3>
      <Facts
        items={[
          {
            id: "theirs",
            label: t("treasury:difference.theirs"),
            value: theirs === undefined ? nothing : money(theirs),
          },
          {
            id: "ours",
            label: t("treasury:difference.ours"),
            value: ours === undefined ? nothing : money(ours),
          },
          {
            id: "transaction",
            label: t("treasury:difference.transaction"),
            value: <span className="pv-break">{transactionId}</span>,
          },
          ...(reference === undefined
            ? []
            : [{ id: "reference", label: t("treasury:difference.reference"), value: reference }]),
          ...(note === undefined
            ? []
            : [
                {
                  id: "note",
                  label: t("treasury:difference.note"),
                  value: (
                    <>
                      {note.note}
                      <br />
                      <span className="pv-small pv-muted">{formatDateTime(note.at, currentLanguage())}</span>
                    </>
                  ),
                },
              ]),
        ]}
      />
      {note === undefined && (
        <>
          <p>{t(`treasury:difference.what.${kind}`)}</p>
          {resolve.error !== undefined && <ErrorState error={resolve.error} />}
          <div className="pv-actions">
            {bookable && (
              <Button small busy={resolve.busy} onClick={resolve.run}>
                {t(kind === "unknown" ? "treasury:difference.hold" : "treasury:difference.book")}
                <span className="pv-hidden"> {transactionId}</span>
              </Button>
            )}
            <Button variant={bookable ? "secondary" : "primary"} small onClick={() => setNoting(true)}>
              {t("treasury:difference.write")}
              <span className="pv-hidden"> {transactionId}</span>
            </Button>
          </div>
        </>
      )}
      {noting && <NoteDialog difference={difference} service={service} onClose={() => setNoting(false)} />}
    </li>
  );
}

function NoteDialog({
  difference,
  service,
  onClose,
}: {
  difference: Difference;
  service: string | undefined;
  onClose: () => void;
}) {
  const t = useWords();
  const done = useDone();
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const save = useAction(async (key) => {
    await explainDifference(service, difference, text.trim(), key);
    onClose();
    await done(t("treasury:difference.noted"));
  });
  return (
    <FormDialog
      title={t("treasury:difference.write")}
      button={t("treasury:difference.save")}
      busy={save.busy}
      error={save.error}
      onSubmit={() => {
        const short = text.trim().length < 3;
        setMissing(short);
        if (short) document.getElementById("difference-note")?.focus();
        else save.run();
      }}
      onClose={onClose}
    >
      <p>{t("treasury:difference.writeText")}</p>
      <TextArea
        id="difference-note"
        label={t("treasury:difference.note")}
        error={missing ? t("treasury:difference.noteMissing") : undefined}
        maxLength={300}
        value={text}
        onChange={setText}
      />
    </FormDialog>
  );
}
