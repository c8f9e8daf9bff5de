import { useWords } from "../i18n";
import type { Schemas } from "../api/client";
import { Badge, type BadgeKind } from "./Badge";

type State = Schemas["ApplicationState"];

const kinds: Record<State, BadgeKind> = {
  draft: "neutral",
  submitted: "info",
  received: "info",
  inProgress: "info",
  question: "warning",
  granted: "success",
  refused: "danger",
  closed: "neutral",
  withdrawn: "neutral",
};

/** The state of an application in words for the citizen; the clerk's side gives its own. */
export function StateBadge({ state, label }: { state: State; label?: string }) {
  const t = useWords();
  return <Badge kind={kinds[state]}>{label ?? t(`state.${state}`)}</Badge>;
}
