import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { sessionQuery } from "../../../api/session";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { focusElement } from "../../../lib/focus";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useAction } from "../../../ui/useAction";
import { agreeDecision, returnDecision, type Case } from "../api";
import { useShortcut } from "../shortcuts";
import { usePreview } from "./usePreview";

const longest = 4000;

/** A decision that waits: a second clerk agrees or gives it back, and who has written it can take it back. */
export function Proposal({
  item,
  proposal,
  takesFocus,
  onTook,
}: {
  item: Case;
  proposal: Schemas["CaseProposal"];
  takesFocus: boolean;
  onTook: (changed: Case, words: string) => void;
}) {
  const t = useWords();
  const [asking, setAsking] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) focusElement(heading.current);
  }, [takesFocus]);
  useShortcut("decide", () => focusElement(heading.current));
  const agree = useAction(async (key) => onTook(await agreeDecision(item, key), t("cases:agree.agreed")));
  const preview = usePreview(item, () => {
    const { outcome, text, legalBasis, remedy } = proposal;
    return defined({ outcome, text, legalBasis, remedy });
  });
  const { data: session } = useQuery(sessionQuery);
  const own = proposal.by.self === true;
  const back = t(own ? "cases:agree.takeBack" : "cases:agree.return");
  return (
    <section className="pv-panel pv-stack pv-stack--medium" aria-labelledby="proposal">
      <h2 id="proposal" ref={heading}>
        {t("cases:agree.title")}
      </h2>
      <p className="pv-small pv-muted">
        {t("cases:agree.by", {
          name: proposal.by.name || t("cases:page.formerly"),
          when: formatDateTime(proposal.at, currentLanguage()),
        })}
      </p>
      <p>
        <strong>{t(`cases:decision.${proposal.outcome}`)}</strong>
      </p>
      <p className="pv-pre-line">{proposal.text}</p>
      {proposal.legalBasis !== undefined && <p className="pv-pre-line">{proposal.legalBasis}</p>}
      {proposal.remedy !== undefined && <p className="pv-pre-line">{proposal.remedy}</p>}
      <p>
        {own
          ? t("cases:agree.own")
          : t("cases:agree.signs", {
              name: session?.displayName ?? "",
              contact: proposal.by.name || t("cases:page.formerly"),
            })}
      </p>
      {agree.error !== undefined && <ErrorState error={agree.error} />}
      {preview.error !== undefined && <ErrorState error={preview.error} />}
      <div className="pv-actions">
        {!own && (
          <Button busy={agree.busy} onClick={agree.run}>
            {t("cases:agree.agree")}
          </Button>
        )}
        <Button variant="secondary" busy={preview.busy} onClick={preview.run}>
          {t("cases:decision.preview")}
        </Button>
        <Button variant="secondary" onClick={() => setAsking(true)}>
          {back}
        </Button>
      </div>
      {asking && (
        <ReturnDialog
          title={back}
          onClose={() => setAsking(false)}
          onSend={async (text, key) => {
            const changed = await returnDecision(item.id, text, key);
            setAsking(false);
            onTook(changed, t("cases:agree.returned"));
          }}
        />
      )}
    </section>
  );
}

function ReturnDialog({
  title,
  onClose,
  onSend,
}: {
  title: string;
  onClose: () => void;
  onSend: (text: string, key: string) => Promise<void>;
}) {
  const t = useWords();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState(false);
  const missing = text.trim() === "";
  const send = useAction((key) => onSend(text.trim(), key));
  return (
    <FormDialog
      title={title}
      button={title}
      busy={send.busy}
      error={send.error}
      onSubmit={() => {
        setAsked(true);
        if (missing) document.getElementById("return-words")?.focus();
        else send.run();
      }}
      onClose={onClose}
    >
      <p>{t("cases:agree.returnText")}</p>
      <TextArea
        id="return-words"
        label={t("cases:agree.words")}
        error={asked && missing ? t("cases:agree.wordsMissing") : undefined}
        maxLength={longest}
        value={text}
        onChange={setText}
      />
    </FormDialog>
  );
}
