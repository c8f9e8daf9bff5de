import { useState } from "react";
import { fieldId, readAt, writeAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { PageHeading } from "../../../ui/PageHeading";
import type { Content } from "../api";
import { describe, memberOf, pointerLabel } from "../content/labels";
import { merge } from "../content/parts";
import { useNames } from "../content/useNames";

/**
 * Two people have changed the same entry: what only one has changed is taken over from both; where both have, one chooses part by
 * part. Nothing is saved before that.
 */
export function MergeView({
  title,
  text,
  base,
  mine,
  theirs,
  theirsLabel,
  cancelLabel,
  busy,
  onMerged,
  onCancel,
}: {
  title: string;
  text: string;
  base: Content | undefined;
  mine: Content;
  theirs: Content;
  theirsLabel: string;
  cancelLabel: string;
  busy: boolean;
  onMerged: (content: Content) => void;
  onCancel: () => void;
}) {
  const t = useWords();
  const nothing = t("editing:compare.nothing");
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const [asked, setAsked] = useState(false);
  const merged = merge(base, mine, theirs);
  const names = useNames(mine, theirs, base);
  const said = (content: Content | undefined, part: string) =>
    describe(readAt(content, part), t, memberOf(part), names) || nothing;
  const result = merged.conflicts.reduce(
    (content, part) => (chosen[part] === "theirs" ? writeAt(content, part, readAt(theirs, part)) : content),
    merged.content,
  );
  const open = merged.conflicts.filter((part) => chosen[part] === undefined);
  return (
    <div className="pv-stack pv-stack--large">
      <PageHeading title={title} />
      <p className="pv-text">{text}</p>
      {merged.taken.length > 0 && (
        <Alert kind="info" title={t("editing:merge.taken", { count: merged.taken.length })}>
          <p>{merged.taken.map((part) => pointerLabel(part, t)).join(" · ")}</p>
        </Alert>
      )}
      {merged.conflicts.length === 0 ? (
        <p>{t("editing:merge.noConflict")}</p>
      ) : (
        <p className="pv-strong" role="status">
          {t("editing:merge.open", { count: open.length })}
        </p>
      )}
      {merged.conflicts.map((part) => (
        <Radios
          key={part}
          id={fieldId(part)}
          label={pointerLabel(part, t)}
          {...(base !== undefined && { hint: t("editing:merge.before", { text: said(base, part) }) })}
          error={asked && chosen[part] === undefined ? t("editing:merge.choose") : undefined}
          value={chosen[part] ?? ""}
          onChange={(side) => setChosen((before) => ({ ...before, [part]: side }))}
          options={[
            {
              value: "mine",
              label: <Side name={t("editing:merge.mine")} text={said(mine, part)} />,
            },
            {
              value: "theirs",
              label: <Side name={theirsLabel} text={said(theirs, part)} />,
            },
          ]}
        />
      ))}
      <div className="pv-row">
        <Button
          busy={busy}
          onClick={() => {
            const first = open[0];
            if (first === undefined) {
              onMerged(result);
              return;
            }
            setAsked(true);
            document.getElementById(fieldId(first))?.focus();
          }}
        >
          {t("editing:merge.save")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {cancelLabel}
        </Button>
      </div>
    </div>
  );
}

function Side({ name, text }: { name: string; text: string }) {
  return (
    <>
      <strong>{name}</strong>
      <span className="pv-pre-line pv-block">{text}</span>
    </>
  );
}
