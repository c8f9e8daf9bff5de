import { useWords } from "../../../i18n";
import type { LinkFault } from "../api";

/** What is wrong with a link, in the reader's words; what technicians want to know can be opened. */
export function Fault({ fault }: { fault: LinkFault }) {
  const t = useWords();
  return (
    <>
      {t(`administration:association.fault.${fault.code}`)}
      {fault.detail !== undefined && (
        <details className="pv-small">
          <summary>{t("administration:association.technical")}</summary>
          <code className="pv-break" lang="en">
            {fault.detail}
          </code>
        </details>
      )}
    </>
  );
}
