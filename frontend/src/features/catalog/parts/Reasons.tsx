import type { Schemas } from "../../../api/client";
import { useWords, type Say } from "../../../i18n";

type Reason = Schemas["SearchReason"];

function inWords(t: Say, { kind, typed = "", matched = "" }: Reason, place: string): string {
  switch (kind) {
    case "synonym":
      return t("catalog:why.synonym", { typed, matched });
    case "alsoCalled":
      return t("catalog:why.alsoCalled", { matched });
    case "spelling":
      return t("catalog:why.spelling", { typed, matched });
    case "text":
      return t("catalog:why.text", { typed });
    case "place":
      return place === "" ? t("catalog:why.place") : t("catalog:why.placeNamed", { place });
    case "elsewhere":
      return place === "" ? t("catalog:why.elsewhere") : t("catalog:why.elsewhereNamed", { place });
  }
}

/** Why something was found, in small letters: what its title does not tell. */
export function Reasons({ reasons, place }: { reasons: Reason[]; place: string | undefined }) {
  const t = useWords();
  if (reasons.length === 0) return null;
  return (
    <ul className="pv-why" aria-label={t("catalog:why.title")}>
      {reasons.map((reason) => (
        <li key={`${reason.kind} ${reason.typed ?? ""}`} className={`pv-why__${reason.kind}`}>
          {inWords(t, reason, place ?? "")}
        </li>
      ))}
    </ul>
  );
}
