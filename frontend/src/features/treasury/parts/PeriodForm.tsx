import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { TextField } from "../../../ui/fields/TextField";
import type { Period } from "../api";

/** Asks for a first and a last day. */
export function PeriodForm({
  id,
  start,
  button,
  onSubmit,
}: {
  id: string;
  start: Period;
  button: string;
  onSubmit: (period: Period) => void;
}) {
  const t = useWords();
  const [draft, setDraft] = useState(start);
  const day = (name: "from" | "to") => (
    <TextField
      id={`${id}-${name}`}
      label={t(`treasury:period.${name}`)}
      width="medium"
      input={{ type: "date", required: true }}
      value={draft[name]}
      onChange={(value) => setDraft({ ...draft, [name]: value })}
    />
  );
  return (
    <form
      className="pv-row pv-row--bottom"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(draft);
      }}
    >
      {day("from")}
      {day("to")}
      <Button type="submit" variant="secondary">
        {button}
      </Button>
    </form>
  );
}
