import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import type { ResultSearch } from "./Filters";
import { PlacePicker } from "./PlacePicker";

/** The place that was named among the words, with ways to take another one, or none. */
export function RecognisedPlace({
  recognised,
  search,
  onChosen,
}: {
  recognised: Schemas["RecognisedPlace"];
  search: ResultSearch;
  onChosen: (ars: string) => void;
}) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  if (open) return <PlacePicker onChosen={onChosen} />;
  const { name } = recognised.place;
  return (
    <p className="pv-place">
      <span>{t("catalog:understood.place", { name })}</span>
      <button type="button" className="pv-tool" onClick={() => setOpen(true)}>
        {t("catalog:understood.otherPlace")}
      </button>
      <Link
        to="/suche"
        search={{ ...search, q: recognised.words }}
        className="pv-tool"
        aria-label={t("catalog:understood.withoutPlaceNamed", { name })}
      >
        {t("catalog:understood.withoutPlace")}
      </Link>
    </p>
  );
}

/** How the words were probably meant; where the answer is for those already, the way back to what was typed. */
export function Correction({
  correction,
  search,
}: {
  correction: Schemas["SearchCorrection"] | undefined;
  search: ResultSearch;
}) {
  const t = useWords();
  const { genau: _, ...rest } = search;
  return (
    <div role="status">
      {correction &&
        (correction.applied ? (
          <p className="pv-understood">
            {t("catalog:understood.applied", { words: correction.words })}{" "}
            <Link to="/suche" search={{ ...search, genau: "ja" }}>
              {t("catalog:understood.asTyped", { words: search.q })}
            </Link>
          </p>
        ) : (
          <p className="pv-understood">
            {t("catalog:understood.meant")}{" "}
            <Link to="/suche" search={{ ...rest, q: correction.words }}>
              „{correction.words}“
            </Link>
            {"?"}
          </p>
        ))}
    </div>
  );
}
