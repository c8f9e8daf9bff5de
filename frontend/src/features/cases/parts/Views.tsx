import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextField } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { saveViews, viewsQuery, type CaseView } from "../api";
import { toFilter, toSearch, type InboxSearch } from "../filter";

const fixed = [
  { name: "everything", search: {} },
  { name: "mine", search: { bei: "mir", offen: "ja", folge: "faellig" } },
  { name: "nobody", search: { bei: "niemandem" } },
  { name: "overdue", search: { faellig: "vorbei", folge: "faellig" } },
  { name: "agreement", search: { zustimmung: "ja" } },
] as const;

/** Ways to look at the inbox: those that everybody has, and the clerk's own. */
export function Views({ search }: { search: InboxSearch }) {
  const t = useWords();
  const client = useQueryClient();
  const status = useStatus();
  const views = useQuery(viewsQuery).data ?? [];
  const [saving, setSaving] = useState(false);
  const here = JSON.stringify(toFilter(search));
  const keep = async (items: CaseView[]) => client.setQueryData(viewsQuery.queryKey, await saveViews(items));
  const current = views.find((view) => JSON.stringify(toFilter(toSearch(view))) === here);
  const remove = useAction(async () => {
    await keep(views.filter((view) => view !== current));
    status(t("cases:view.removed"), {
      label: t("cases:view.undo"),
      run: () => void keep(views),
    });
  });
  const known = current !== undefined || fixed.some((view) => JSON.stringify(toFilter(view.search)) === here);
  return (
    <div className="pv-row">
      <nav aria-label={t("cases:inbox.views")}>
        <ul className="pv-filters">
          {fixed.map((view) => (
            <li key={view.name}>
              <Link to="/mitarbeit" search={view.search} activeOptions={{ exact: true }}>
                {t(`cases:inbox.view.${view.name}`)}
              </Link>
            </li>
          ))}
          {views.map((view) => (
            <li key={view.name}>
              <Link to="/mitarbeit" search={toSearch(view)} activeOptions={{ exact: true }}>
                {view.name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {!known && (
        <Button variant="tertiary" small onClick={() => setSaving(true)}>
          {t("cases:view.save")}
        </Button>
      )}
      {current !== undefined && (
        <Button variant="tertiary" small busy={remove.busy} onClick={remove.run}>
          {t("cases:view.remove", { name: current.name })}
        </Button>
      )}
      {remove.error !== undefined && <ErrorState error={remove.error} />}
      {saving && (
        <SaveView
          onClose={() => setSaving(false)}
          onSave={async (name) => {
            await keep([...views, { name, ...toFilter(search) }]);
            setSaving(false);
            status(t("cases:view.saved"));
          }}
        />
      )}
    </div>
  );
}

function SaveView({ onClose, onSave }: { onClose: () => void; onSave: (name: string) => Promise<void> }) {
  const t = useWords();
  const [name, setName] = useState("");
  const [missing, setMissing] = useState(false);
  const save = useAction(() => onSave(name.trim()));
  const submit = () => {
    setMissing(name.trim() === "");
    if (name.trim() !== "") save.run();
    else document.getElementById("view-name")?.focus();
  };
  return (
    <FormDialog
      title={t("cases:view.title")}
      button={t("cases:view.save")}
      busy={save.busy}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{t("cases:view.text")}</p>
      <TextField
        id="view-name"
        label={t("cases:view.name")}
        error={missing ? t("cases:view.missing") : undefined}
        value={name}
        onChange={setName}
        input={{ autoComplete: "off" }}
      />
    </FormDialog>
  );
}
