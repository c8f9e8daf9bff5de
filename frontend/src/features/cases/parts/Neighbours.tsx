import { Link, useNavigate } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import { useStatus } from "../../../ui/Status";
import { useShortcut } from "../shortcuts";
import type { Place } from "../walk";

const page = "/mitarbeit/vorgaenge/$caseId";

const figure = (count: number) => new Intl.NumberFormat(currentLanguage()).format(count);

/** Leads to the cases before and behind this one in the list that the clerk came from. */
export function Neighbours({ place }: { place: Place }) {
  const t = useWords();
  const navigate = useNavigate();
  const status = useStatus();
  const { previous, next, position, total, goesOn } = place;
  const to = (caseId: string | undefined) =>
    caseId === undefined ? undefined : () => void navigate({ to: page, params: { caseId } });
  const atEnd = () => {
    if (!goesOn) status(t("cases:walk.last"));
  };
  const previousKeys = useShortcut("previous", to(previous) ?? (() => status(t("cases:walk.first"))));
  const nextKeys = useShortcut("next", to(next) ?? atEnd);
  return (
    <nav className="pv-neighbours" aria-label={t("cases:walk.label")}>
      {previous !== undefined && (
        <Link to={page} params={{ caseId: previous }} rel="prev" aria-keyshortcuts={previousKeys}>
          <Icon name="arrow-back" size="small" />
          {t("cases:walk.previous")}
        </Link>
      )}
      <span className="pv-neighbours__place">
        {total === undefined
          ? t("cases:walk.place", { position: figure(position) })
          : t("cases:walk.placeOf", { position: figure(position), total: figure(total) })}
      </span>
      {next !== undefined && (
        <Link to={page} params={{ caseId: next }} rel="next" aria-keyshortcuts={nextKeys}>
          {t("cases:walk.next")}
          <Icon name="arrow-forward" size="small" />
        </Link>
      )}
    </nav>
  );
}
