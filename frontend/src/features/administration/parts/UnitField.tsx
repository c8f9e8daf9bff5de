import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Combobox } from "../../../ui/fields/Combobox";
import { useDebounced } from "../../../ui/useDebounced";
import { unitsQuery } from "../api";

/** Finds an organisational unit of this portal. */
export function UnitField({
  id,
  error,
  onChoose,
}: {
  id: string;
  error: string | undefined;
  onChoose: (unitId: string | undefined) => void;
}) {
  const t = useWords();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(false);
  const found = useQuery(unitsQuery(useDebounced(typed.trim(), 200)));
  return (
    <Combobox
      id={id}
      label={t("administration:staff.unit")}
      hint={t("administration:staff.unitHint")}
      error={error}
      value={typed}
      onChange={(text) => {
        setTyped(text);
        setChosen(false);
        onChoose(undefined);
      }}
      options={chosen ? [] : (found.data?.items ?? []).map((item) => ({ id: item.id, label: item.title }))}
      onChoose={(option) => {
        setTyped(option.label);
        setChosen(true);
        onChoose(option.id);
      }}
    />
  );
}
