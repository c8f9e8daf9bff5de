import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { isDate, todayInGermany } from "../../../lib/dates";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Select } from "../../../ui/fields/ChoiceFields";
import { DateField } from "../../../ui/fields/DateField";
import { FormDialog } from "../../../ui/FormDialog";
import { Loading } from "../../../ui/Loading";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { colleaguesQuery, setDeputy, type Deputy } from "../api";

const fields = { deputy: "deputy", from: "deputy-from", to: "deputy-to" };

/** Names a deputy for some days. */
export function DeputyDialog({
  own,
  onClose,
  onSaved,
}: {
  own: Deputy | undefined;
  onClose: () => void;
  onSaved: (deputies: Schemas["CaseDeputies"]) => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const colleagues = useQuery(colleaguesQuery());
  const today = todayInGermany();
  const [deputy, setWho] = useState(own?.deputy.id ?? "");
  const [from, setFrom] = useState(own?.from ?? today);
  const [to, setTo] = useState(own?.to ?? "");
  const save = useAction(async () => {
    try {
      onSaved(await setDeputy({ deputy, from, to }));
    } catch (problem) {
      if (!errors.showProblem(problem, fields)) throw problem;
    }
  });
  const submit = () => {
    const fine = errors.show([
      ...(deputy === "" ? [{ fieldId: fields.deputy, message: t("cases:deputy.whoMissing") }] : []),
      ...(isDate(from) && from >= today
        ? []
        : [{ fieldId: fields.from, message: t("cases:deputy.fromWrong") }]),
      ...(isDate(to) && to >= from ? [] : [{ fieldId: fields.to, message: t("cases:deputy.toWrong") }]),
    ]);
    if (fine) save.run();
  };
  return (
    <FormDialog
      title={t(own === undefined ? "cases:deputy.name" : "cases:deputy.change")}
      button={t("cases:deputy.save")}
      busy={save.busy}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {colleagues.isPending && <Loading />}
      {colleagues.isError && <ErrorState error={colleagues.error} />}
      {colleagues.isSuccess && (
        <Select
          id={fields.deputy}
          label={t("cases:deputy.who")}
          error={errors.of(fields.deputy)}
          options={colleagues.data
            .filter((one) => one.self !== true)
            .map(({ id, name }) => ({ value: id, label: name }))}
          value={deputy}
          onChange={setWho}
        />
      )}
      <DateField
        id={fields.from}
        label={t("cases:deputy.from")}
        error={errors.of(fields.from)}
        value={from}
        onChange={setFrom}
      />
      <DateField
        id={fields.to}
        label={t("cases:deputy.to")}
        error={errors.of(fields.to)}
        value={to}
        onChange={setTo}
      />
    </FormDialog>
  );
}
