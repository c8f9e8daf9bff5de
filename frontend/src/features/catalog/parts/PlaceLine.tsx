import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useWords } from "../../../i18n";
import { placeQuery } from "../api";
import { usePlace } from "../place";
import { PlacePicker } from "./PlacePicker";

/** The place that answers are for, with a way to change it; asks for it where none is known. */
export function PlaceLine({
  ars,
  onChosen,
}: {
  /** The place in the address, where it differs from the one remembered. */
  ars?: string | undefined;
  onChosen: (ars: string) => void;
}) {
  const t = useWords();
  const remembered = usePlace();
  const other = ars === remembered?.ars ? undefined : ars;
  const named = useQuery(placeQuery(other));
  const name = other === undefined ? remembered?.name : (named.data?.name ?? "…");
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const chose = useRef(false);
  useEffect(() => {
    if (open || !chose.current) return;
    chose.current = false;
    button.current?.focus(); // the field is gone, and the focus with it
  }, [open]);
  if (open) {
    return (
      <PlacePicker
        onChosen={(chosen) => {
          chose.current = true;
          setOpen(false);
          onChosen(chosen);
        }}
      />
    );
  }
  return (
    <p className="pv-place">
      <span>{name === undefined ? t("catalog:place.none") : t("catalog:place.chosen", { name })}</span>
      <button type="button" className="pv-tool" ref={button} onClick={() => setOpen(true)}>
        {name === undefined ? t("catalog:place.choose") : t("catalog:place.change")}
      </button>
    </p>
  );
}
