import { useWords } from "../i18n";
import { Button } from "./Button";

/** Fetches the next part of a list; the focus stays where it is, the new entries follow above. */
export function LoadMore({ busy, onClick }: { busy: boolean; onClick: () => void }) {
  const t = useWords();
  return (
    <Button variant="secondary" busy={busy} onClick={onClick}>
      {t("loadMore")}
    </Button>
  );
}
