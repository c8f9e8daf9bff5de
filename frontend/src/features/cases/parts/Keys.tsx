import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Declaration } from "../../../ui/fields/ChoiceFields";
import { Loading } from "../../../ui/Loading";
import { useAction } from "../../../ui/useAction";
import { deskSettingsQuery, saveDeskSettings } from "../api";
import { shortcuts, useShortcut, type Shortcut } from "../shortcuts";

const listed = Object.keys(shortcuts) as Shortcut[];

/** Opens the list of keys, in which they can be turned off. There where somebody may have a keyboard. */
export function Keys() {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const keys = useShortcut("help", () => setOpen(true));
  return (
    <div className="pv-with-keyboard">
      <Button variant="tertiary" small aria-keyshortcuts={keys} onClick={() => setOpen(true)}>
        {t("cases:keys.title")}
      </Button>
      {open && <KeysDialog onClose={() => setOpen(false)} />}
    </div>
  );
}

function KeysDialog({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const client = useQueryClient();
  const settings = useQuery(deskSettingsQuery);
  /** Counts at once, as the next key may come before the answer. */
  const change = useAction(async () => {
    const before = settings.data;
    const wanted = { shortcuts: before?.shortcuts !== true };
    client.setQueryData(deskSettingsQuery.queryKey, wanted);
    try {
      client.setQueryData(deskSettingsQuery.queryKey, await saveDeskSettings(wanted));
    } catch (error) {
      client.setQueryData(deskSettingsQuery.queryKey, before);
      throw error;
    }
  });
  return (
    <Dialog
      open
      title={t("cases:keys.title")}
      onClose={onClose}
      actions={<Button onClick={onClose}>{t("cases:keys.done")}</Button>}
    >
      <div className="pv-stack pv-stack--medium">
        <p>{t("cases:keys.text")}</p>
        <dl className="pv-keys">
          {listed.map((name) => (
            <div key={name}>
              <dt>
                <kbd>{shortcuts[name]}</kbd>
              </dt>
              <dd>{t(`cases:keys.${name}`)}</dd>
            </div>
          ))}
        </dl>
        {settings.isPending && <Loading />}
        {settings.isError && <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />}
        {settings.isSuccess && (
          <Declaration
            id="shortcuts"
            label={t("cases:keys.use")}
            hint={t("cases:keys.useHint")}
            checked={settings.data.shortcuts}
            onChange={change.run}
          />
        )}
        {change.error !== undefined && <ErrorState error={change.error} />}
      </div>
    </Dialog>
  );
}
