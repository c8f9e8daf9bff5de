import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hasRole, sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Checkboxes, Declaration } from "../../../ui/fields/ChoiceFields";
import { NumberField } from "../../../ui/fields/NumberField";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { saveSettings, settingsQuery } from "../api";
import { textLanguages } from "../content/context";

const days = (value: number | string | undefined) => (typeof value === "number" ? value : 0);

/** How this portal edits; changed by administrators. */
export default function SettingsPage() {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: stored } = useSuspenseQuery(settingsQuery);
  const [settings, setSettings] = useState(stored.data);
  const may = hasRole(session, "admin");
  const save = useAction(async () => {
    const saved = await saveSettings(stored.etag, settings);
    queryClient.setQueryData(settingsQuery.queryKey, saved);
    status(t("editing:settings.saved"));
  });
  return (
    <Page narrow>
      <PageHeading title={t("editing:settings.title")} />
      {!may && <p>{t("editing:settings.readOnly")}</p>}
      {save.error !== undefined && <ErrorState error={save.error} />}
      <fieldset className="pv-bare-fieldset pv-stack" disabled={!may}>
        <legend className="pv-hidden">{t("editing:settings.title")}</legend>
        <Declaration
          id="four-eyes"
          label={t("editing:settings.fourEyes")}
          hint={t("editing:settings.fourEyesHint")}
          checked={settings.fourEyes}
          onChange={(fourEyes) => setSettings({ ...settings, fourEyes })}
        />
        <Checkboxes
          id="languages"
          label={t("editing:settings.languages")}
          hint={t("editing:settings.languagesHint")}
          options={textLanguages.map((value) => ({ value, label: t(`editing:language.${value}`) }))}
          value={settings.languages}
          onChange={(languages) => setSettings({ ...settings, languages })}
        />
        <NumberField
          id="stale"
          label={t("editing:settings.stale")}
          language={currentLanguage()}
          value={settings.staleAfterDays}
          onChange={(value) => setSettings({ ...settings, staleAfterDays: days(value) })}
        />
        <NumberField
          id="warn"
          label={t("editing:settings.warn")}
          language={currentLanguage()}
          value={settings.warnDaysBefore}
          onChange={(value) => setSettings({ ...settings, warnDaysBefore: days(value) })}
        />
        {may && (
          <div>
            <Button busy={save.busy} onClick={save.run}>
              {t("editing:settings.save")}
            </Button>
          </div>
        )}
      </fieldset>
    </Page>
  );
}
