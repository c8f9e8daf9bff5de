import { useTranslation } from "react-i18next";
import { Button } from "./Button";

/** Fetches the next part of a list; the focus stays where it is, the new entries follow above. */
export function LoadMore({ busy, onClick }: { busy: boolean; onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <Button variant="secondary" busy={busy} onClick={onClick}>
      {t("loadMore")}
    </Button>
  );
}
