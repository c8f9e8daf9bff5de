import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useWords } from "../../../i18n";
import { focusElement } from "../../../lib/focus";
import { LinkButton } from "../../../ui/Button";
import { nextCaseQuery } from "../api";

/** Leads from a finished case to the next one. */
export function NextCase({
  takesFocus,
}: {
  /** Whether the person has just finished the case here: what they pressed is gone. */
  takesFocus: boolean;
}) {
  const t = useWords();
  const next = useQuery(nextCaseQuery);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = next.data !== undefined;
  useEffect(() => {
    if (shown && takesFocus) focusElement(heading.current);
  }, [shown, takesFocus]);
  if (next.data === undefined) return null;
  return (
    <section className="pv-panel pv-stack pv-stack--medium" aria-labelledby="next-case">
      <h2 id="next-case" ref={heading}>
        {t("cases:next.title")}
      </h2>
      {next.data === null && <p>{t("cases:next.none")}</p>}
      <div className="pv-actions">
        {next.data !== null && (
          <LinkButton to="/mitarbeit/vorgaenge/$caseId" params={{ caseId: next.data.id }}>
            {t("cases:next.open", { title: `${next.data.serviceTitle}, ${next.data.applicantName}` })}
          </LinkButton>
        )}
        <LinkButton to="/mitarbeit" variant="secondary">
          {t("cases:next.inbox")}
        </LinkButton>
      </div>
    </section>
  );
}
