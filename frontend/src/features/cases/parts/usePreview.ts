import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { useAction } from "../../../ui/useAction";
import { previewDecision, type Case } from "../api";

/** Gives the person a decision as a PDF before it goes out; nothing, where there is none yet. */
export function usePreview(item: Case, decision: () => Schemas["Decision"] | undefined) {
  const t = useWords();
  return useAction(async () => {
    const chosen = decision();
    if (chosen === undefined) return;
    const url = URL.createObjectURL(await previewDecision(item.id, chosen));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${t("cases:decision.draftName")} ${item.number}.pdf`;
    link.click();
    URL.revokeObjectURL(url);
  });
}
