import { useWords } from "../../../i18n";
import type { AreaClaim } from "../api";

/** An area by its name and key, and who else claims it. */
export function Area({ area }: { area: AreaClaim }) {
  const t = useWords();
  return (
    <>
      {area.name === undefined ? area.ars : `${area.name} (${area.ars})`}
      {area.overlaps.length > 0 && (
        <span className="pv-muted">
          {" · "}
          {t("administration:association.overlaps", { names: area.overlaps.join(", ") })}
        </span>
      )}
    </>
  );
}

/** The areas that a portal may speak for. */
export function Areas({ areas }: { areas: AreaClaim[] }) {
  return (
    <ul>
      {areas.map((area) => (
        <li key={area.ars}>
          <Area area={area} />
        </li>
      ))}
    </ul>
  );
}
