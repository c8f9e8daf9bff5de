import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { DateField } from "../../../ui/fields/DateField";
import { Loading } from "../../../ui/Loading";
import { FormDialog } from "../../../ui/FormDialog";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { caseQuery, colleaguesQuery, isOpen, planCase, type Case, type Colleague } from "../api";
import { useShortcut } from "../shortcuts";

const nobody = "nobody";

/** Who has a case and until when, and how to change that. */
export function Plan({ item }: { item: Case }) {
  const t = useWords();
  const client = useQueryClient();
  const status = useStatus();
  const [changing, setChanging] = useState(false);
  const save = async (plan: Parameters<typeof planCase>[1]) => {
    client.setQueryData(caseQuery(item.id).queryKey, await planCase(item, plan));
    void client.invalidateQueries({ queryKey: ["cases"] });
    setChanging(false);
    status(t("cases:plan.saved"));
  };
  const take = useAction(() => save({ assignee: "me" }));
  const mine = item.assignee?.self === true;
  const takeKeys = useShortcut("take", isOpen(item.state) && !mine ? take.run : undefined);
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("cases:plan.title")}</h2>
      <dl className="pv-facts pv-facts--narrow">
        <div>
          <dt>{t("cases:page.assignee")}</dt>
          <dd>
            {item.assignee === undefined
              ? t("cases:page.nobody")
              : item.assignee.name || t("cases:page.formerly")}
          </dd>
        </div>
        <div>
          <dt>{t("cases:page.due")}</dt>
          <dd>
            {formatDate(item.dueOn, currentLanguage())}
            {item.overdue === true && (
              <>
                {" "}
                <Badge kind="danger">{t("cases:page.overdue")}</Badge>
              </>
            )}
          </dd>
        </div>
      </dl>
      {isOpen(item.state) && (
        <div className="pv-actions">
          {!mine && (
            <Button
              variant="secondary"
              small
              busy={take.busy}
              aria-keyshortcuts={takeKeys}
              onClick={take.run}
            >
              {t("cases:plan.take")}
            </Button>
          )}
          <Button variant="tertiary" small onClick={() => setChanging(true)}>
            {t("cases:plan.change")}
          </Button>
        </div>
      )}
      {take.error !== undefined && <ErrorState error={take.error} />}
      {changing && <ChangePlan item={item} onClose={() => setChanging(false)} onSave={save} />}
    </section>
  );
}

function ChangePlan({
  item,
  onClose,
  onSave,
}: {
  item: Case;
  onClose: () => void;
  onSave: (plan: { assignee: string; dueOn?: string }) => Promise<void>;
}) {
  const t = useWords();
  const colleagues = useQuery(colleaguesQuery(item.id));
  const [assignee, setAssignee] = useState(item.assignee?.id ?? nobody);
  const [due, setDue] = useState(item.dueOn);
  const wrong = due !== item.dueOn && !(due >= today() && /^\d{4}-\d{2}-\d{2}$/.test(due));
  const [asked, setAsked] = useState(false);
  const save = useAction(() => onSave({ assignee, ...(due !== item.dueOn && { dueOn: due }) }));
  const submit = () => {
    setAsked(true);
    if (wrong) document.getElementById("due")?.focus();
    else save.run();
  };
  return (
    <FormDialog
      title={t("cases:plan.title")}
      button={t("cases:plan.save")}
      busy={save.busy}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {colleagues.isPending && <Loading />}
      {colleagues.isError && <ErrorState error={colleagues.error} />}
      {colleagues.isSuccess && (
        <Select
          id="assignee"
          label={t("cases:plan.assignee")}
          options={[
            { value: nobody, label: t("cases:plan.nobody") },
            ...choices(colleagues.data, item).map(({ id, name, open }) => ({
              value: id,
              label: open === undefined ? name : t("cases:plan.load", { name, count: open }),
            })),
          ]}
          value={assignee}
          onChange={setAssignee}
        />
      )}
      <DateField
        id="due"
        label={t("cases:plan.due")}
        error={asked && wrong ? t("cases:plan.dueWrong") : undefined}
        value={due}
        onChange={setDue}
      />
    </FormDialog>
  );
}

/** The colleagues, and who has the case now also where they can be given it no longer. */
function choices(colleagues: Colleague[], item: Case): Colleague[] {
  const now = item.assignee;
  return now === undefined || colleagues.some((one) => one.id === now.id) ? colleagues : [...colleagues, now];
}

const today = () => new Intl.DateTimeFormat("sv", { timeZone: "Europe/Berlin" }).format(new Date());
