import { useWords } from "../../../i18n";
import { Badge, type BadgeKind } from "../../../ui/Badge";
import type { EntryState } from "../api";

const kinds: Record<EntryState, BadgeKind> = {
  new: "info",
  released: "success",
  changed: "info",
  inReview: "warning",
  scheduled: "info",
  withdrawn: "neutral",
  deleted: "neutral",
};

/** The state of an entry. */
export function StateLabel({ state }: { state: EntryState }) {
  const t = useWords();
  return <Badge kind={kinds[state]}>{t(`editing:state.${state}`)}</Badge>;
}
