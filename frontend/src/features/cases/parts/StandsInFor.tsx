import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { deputiesQuery, type Deputy } from "../api";

/** Says for whom the clerk stands in now, with the way to what lies with them. */
export function StandsInFor() {
  const t = useWords();
  const deputies = useQuery(deputiesQuery).data?.forOthers.filter((one) => one.active) ?? [];
  return deputies.map((one) => (
    <p key={one.of.id}>
      {t("cases:deputy.banner", { name: one.of.name, to: formatDate(one.to, currentLanguage()) })}{" "}
      <CasesOf deputy={one} />
    </p>
  ));
}

/** Leads to the open cases of a colleague. */
export function CasesOf({ deputy }: { deputy: Deputy }) {
  const t = useWords();
  return (
    <Link to="/mitarbeit" search={{ bei: deputy.of.id, offen: "ja", folge: "faellig" }}>
      {t("cases:deputy.open", { count: deputy.of.open ?? 0 })}
    </Link>
  );
}
