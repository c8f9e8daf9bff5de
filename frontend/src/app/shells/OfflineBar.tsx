import { useSyncExternalStore } from "react";
import { useWords } from "../../i18n";

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** Says that the device has no connection, while it has none. */
export function OfflineBar() {
  const t = useWords();
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  return (
    <div role="status">
      {!online && (
        <div className="pv-offline">
          <div className="pv-page">{t("offline")}</div>
        </div>
      )}
    </div>
  );
}
