import { useQuery } from "@tanstack/react-query";
import { currentLanguage, useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { drawMap, fontSize, type Dot } from "../../../lib/map";
import { aroundQuery } from "../offices";

/** Where an office lies, drawn from the positions in the register of places: nothing is loaded from elsewhere. */
export function OfficeMap({ name, position }: { name: string; position: Schemas["Position"] }) {
  const t = useWords();
  const places = useQuery(aroundQuery(position));
  if (!places.data || places.data.items.length === 0) return null;
  const map = drawMap(position, places.data.items);
  const number = new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: 1 });
  const where = (dot: Dot) =>
    dot.distanceKm < 1
      ? t("offices:map.under1")
      : `${t("offices:map.km", { km: number.format(dot.distanceKm) })} ${t(`offices:map.direction.${dot.direction}`)}`;
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="map-title">
      <h2 id="map-title">{t("offices:map.title")}</h2>
      <figure className="pv-map">
        <svg viewBox={`0 0 ${map.width} ${map.height}`} role="img" aria-labelledby="map-name">
          <title id="map-name">
            {t("offices:map.name", {
              office: name,
              places: map.dots
                .slice(0, 3)
                .map(({ name: place }) => place)
                .join(", "),
            })}
          </title>
          {map.rings.map(({ km, radius, label }) => (
            <g key={km}>
              <circle className="pv-map__ring" cx={map.x} cy={map.y} r={radius} />
              {label && (
                <text className="pv-map__km" x={label.x} y={label.y + 4} textAnchor="middle" fontSize={11}>
                  {t("offices:map.km", { km: number.format(km) })}
                </text>
              )}
            </g>
          ))}
          {map.dots.map((dot) => (
            <g key={dot.ars}>
              <circle className="pv-map__place" cx={dot.x} cy={dot.y} r={dot.radius} />
              {dot.label && (
                <text
                  className="pv-map__name"
                  x={dot.label.x}
                  y={dot.label.y}
                  textAnchor={dot.label.anchor}
                  fontSize={fontSize}
                >
                  {dot.name}
                </text>
              )}
            </g>
          ))}
          <path
            className="pv-map__office"
            transform={`translate(${map.x} ${map.y})`}
            d="M0 0c-5-7-9-11-9-16a9 9 0 1 1 18 0c0 5-4 9-9 16z"
          />
          <circle className="pv-map__eye" cx={map.x} cy={map.y - 16} r={3.5} />
        </svg>
        <figcaption className="pv-small pv-muted">
          {t("offices:map.note")} {places.data.attribution}
        </figcaption>
      </figure>
      <details className="pv-more">
        <summary>{t("offices:map.asTable")}</summary>
        <table className="pv-table">
          <thead>
            <tr>
              <th scope="col">{t("offices:map.place")}</th>
              <th scope="col">{t("offices:map.distance")}</th>
            </tr>
          </thead>
          <tbody>
            {map.dots.map((dot) => (
              <tr key={dot.ars}>
                <th scope="row">{dot.name}</th>
                <td>{where(dot)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}
