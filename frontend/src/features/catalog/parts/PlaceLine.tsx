import { useState } from "react";
import { useWords } from "../../../i18n";
import { usePlace } from "../place";
import { PlacePicker } from "./PlacePicker";

/** The place that answers are for, with a way to change it; asks for it where none is known. */
export function PlaceLine({ onChosen }: { onChosen: (ars: string) => void }) {
  const t = useWords();
  const place = usePlace();
  const [open, setOpen] = useState(false);
  if (open) {
    return (
      <PlacePicker
        onChosen={(ars) => {
          setOpen(false);
          onChosen(ars);
        }}
      />
    );
  }
  return (
    <p className="pv-place">
      <span>{place ? t("catalog:place.chosen", { name: place.name }) : t("catalog:place.none")}</span>
      <button type="button" className="pv-tool" onClick={() => setOpen(true)}>
        {place ? t("catalog:place.change") : t("catalog:place.choose")}
      </button>
    </p>
  );
}
