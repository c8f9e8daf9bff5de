import { useQueryClient } from "@tanstack/react-query";
import { stopActing } from "../../api/acting";
import type { Schemas } from "../../api/client";
import { useWords } from "../../i18n";
import { Button } from "../../ui/Button";
import { useStatus } from "../../ui/Status";
import { useAction } from "../../ui/useAction";

/** Says on every page for whom the person acts, while they act for somebody else, with the way back. */
export default function ActingBar({ acting }: { acting: Schemas["ActsFor"] }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const back = useAction(async () => {
    await stopActing(queryClient);
    status(t("acting.ended"));
  });
  return (
    <aside className="pv-acting" aria-label={t("acting.label")}>
      <div className="pv-page pv-row pv-row--between">
        <p className="pv-strong">
          {t(acting.kind === "help" ? "acting.textHelp" : "acting.text", { name: acting.name })}
        </p>
        <Button variant="secondary" small busy={back.busy} onClick={back.run}>
          {t("acting.back")}
        </Button>
      </div>
    </aside>
  );
}
