import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { fieldId, pointerParts } from "../../../forms/pointers";
import type { Finding } from "../api";
import { pointerLabel } from "../content/labels";

/** What the checks found: errors that keep the entry from being released, then what should be looked at. */
export function Findings({
  findings,
  onLanguage,
}: {
  findings: Finding[];
  onLanguage: (pointer: string) => void;
}) {
  const t = useWords();
  const errors = findings.filter((finding) => finding.severity === "error");
  const missing = findings.filter((finding) => finding.code === "languageMissing");
  const others = findings.filter(
    (finding) => finding.severity === "warning" && finding.code !== "languageMissing",
  );
  const entry = (finding: Finding) => (
    <li key={finding.pointer + finding.code}>
      {finding.pointer === "" ? (
        finding.message
      ) : (
        <a
          href={`#${fieldId(finding.pointer)}`}
          onClick={(event) => {
            event.preventDefault();
            onLanguage(finding.pointer);
            requestAnimationFrame(() => target(finding.pointer)?.focus());
          }}
        >
          {pointerLabel(finding.pointer, t)}: {finding.message}
        </a>
      )}
    </li>
  );
  return (
    <>
      {errors.length > 0 && (
        <Alert kind="danger" title={t("editing:findings.errors", { count: errors.length })}>
          <ul className="pv-bullets">{errors.map(entry)}</ul>
        </Alert>
      )}
      {others.length > 0 && (
        <Alert kind="warning" title={t("editing:findings.warnings", { count: others.length })}>
          <ul className="pv-bullets">{others.map(entry)}</ul>
        </Alert>
      )}
      {missing.length > 0 && (
        <details className="pv-details">
          <summary>{t("editing:findings.missing", { count: missing.length })}</summary>
          <ul className="pv-bullets">{missing.map(entry)}</ul>
        </details>
      )}
    </>
  );
}

/** The field at a pointer, else that of what it is a part of. */
function target(path: string): HTMLElement | null {
  const parts = pointerParts(path);
  for (let length = parts.length; length > 0; length -= 1) {
    const found = document.getElementById(`field-${parts.slice(0, length).join("-")}`);
    if (found) return found;
  }
  return null;
}
