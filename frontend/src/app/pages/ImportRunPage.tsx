import { Comparison, ContentView } from "../../features/editing/parts/Comparison";
import type { Content } from "../../features/editing/api";
import type { Compare } from "../../features/sources/parts/Differences";
import { RunPage } from "../../features/sources/pages/RunPage";

/** What an import changed in an entry, shown as editors see versions: one that is new or gone is shown as a whole. */
const compare: Compare = (before, after) => {
  const whole = before === undefined ? after : after === undefined ? before : undefined;
  if (whole !== undefined) return <ContentView content={whole as Content} />;
  return <Comparison before={before as Content} after={after as Content} />;
};

/** A run of an import. */
export default function ImportRunPage() {
  return <RunPage compare={compare} />;
}
