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

/** The state of an application or a case, in words. */
export function StateBadge({ state }: { state: State }) {
  const t = useWords();
  return <Badge kind={kinds[state]}>{t(`state.${state}`)}</Badge>;
}
