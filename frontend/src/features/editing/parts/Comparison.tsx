import { readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import type { Content } from "../api";
import { compareWords } from "../content/diff";
import { describe, memberOf, pointerLabel } from "../content/labels";
import { differing, partsOf } from "../content/parts";
import { useNames } from "../content/useNames";

/**
 * Two versions of an entry, part by part. What was taken out is struck through, what was put in is underlined, and both say so
 * to screen readers: no meaning is in the colour alone.
 */
export function Comparison({ before, after }: { before: Content | undefined; after: Content | undefined }) {
  const t = useWords();
  const parts = differing(before, after);
  const names = useNames(before, after);
  if (parts.length === 0) return <p>{t("editing:compare.same")}</p>;
  return (
    <div className="pv-stack pv-stack--medium">
      <p className="pv-small pv-muted">
        {t("editing:compare.legend")} <del className="pv-del">{t("editing:compare.removedSample")}</del>,{" "}
        <ins className="pv-ins">{t("editing:compare.addedSample")}</ins>
      </p>
      <dl className="pv-compare">
        {parts.map((part) => (
          <div key={part}>
            <dt>{pointerLabel(part, t)}</dt>
            <dd>
              <Words
                before={describe(readAt(before, part), t, memberOf(part), names)}
                after={describe(readAt(after, part), t, memberOf(part), names)}
              />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Words({ before, after }: { before: string; after: string }) {
  const t = useWords();
  return (
    <div className="pv-pre-line">
      {compareWords(before, after).map((piece, index) => {
        // Pieces have no other name than their place.
        // oxlint-disable react/no-array-index-key
        if (piece.kind === "same") return <span key={index}>{piece.text}</span>;
        const Mark = piece.kind === "removed" ? "del" : "ins";
        return (
          <Mark key={index} className={piece.kind === "removed" ? "pv-del" : "pv-ins"}>
            <span className="pv-hidden">{t(`editing:compare.${piece.kind}`)} </span>
            {piece.text}
            <span className="pv-hidden"> {t("editing:compare.end")} </span>
          </Mark>
        );
        // oxlint-enable react/no-array-index-key
      })}
    </div>
  );
}

/** An entry to be read, part by part. */
export function ContentView({ content }: { content: Content }) {
  const t = useWords();
  const names = useNames(content);
  return (
    <dl className="pv-compare">
      {partsOf(content)
        .map((part) => ({ part, text: describe(readAt(content, part), t, memberOf(part), names) }))
        .filter(({ text }) => text !== "")
        .map(({ part, text }) => (
          <div key={part}>
            <dt>{pointerLabel(part, t)}</dt>
            <dd className="pv-pre-line">{text}</dd>
          </div>
        ))}
    </dl>
  );
}
