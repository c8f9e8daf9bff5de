import { currentLanguage, useWords } from "../../../i18n";
import { drawNetwork, fontSize } from "../../../lib/map";
import type { AssociationMember } from "../api";
import { healthOf, healthWords, type Health } from "../health";

const shown: Health[] = ["self", "ok", "trouble", "away", "untrusted"];

/** Where the members are and how the links to them are; the table beside it says the same. */
export function NetworkMap({ members }: { members: AssociationMember[] }) {
  const t = useWords();
  const placed = members.flatMap((member) =>
    member.position === undefined
      ? []
      : [{ id: member.entity, name: member.name, position: member.position, member }],
  );
  if (placed.length < 2) return null;
  const map = drawNetwork(placed);
  const health = new Map(placed.map(({ id, member }) => [id, healthOf(member)]));
  const self = map.nodes.find(({ id }) => health.get(id) === "self");
  const number = new Intl.NumberFormat(currentLanguage());
  return (
    <figure className="pv-map pv-network">
      <svg viewBox={`0 0 ${map.width} ${map.height}`} role="img" aria-labelledby="network-name">
        <title id="network-name">{t("administration:association.map.name", { count: placed.length })}</title>
        {self &&
          map.nodes
            .filter((node) => node !== self)
            .map((node) => (
              <line
                key={node.id}
                className={`pv-network__link pv-network__link--${health.get(node.id)}`}
                x1={self.x}
                y1={self.y}
                x2={node.x}
                y2={node.y}
              />
            ))}
        {map.nodes.map((node) => (
          <g key={node.id} transform={`translate(${node.x} ${node.y})`}>
            <Mark health={health.get(node.id) ?? "ok"} />
          </g>
        ))}
        {map.nodes.map(
          (node) =>
            node.label && (
              <text
                key={node.id}
                className="pv-map__name"
                x={node.label.x}
                y={node.label.y}
                textAnchor={node.label.anchor}
                fontSize={fontSize}
              >
                {node.name}
              </text>
            ),
        )}
        <g transform={`translate(12 ${map.height - 12})`}>
          <path className="pv-network__bar" d={`M0 -5V0H${map.bar.length}V-5`} />
          <text className="pv-map__km" x={map.bar.length / 2} y={-7} textAnchor="middle" fontSize={11}>
            {t("administration:association.map.km", { km: number.format(map.bar.km) })}
          </text>
        </g>
      </svg>
      <figcaption className="pv-small pv-network__legend">
        {shown
          .filter((one) => [...health.values()].includes(one))
          .map((one) => (
            <span key={one}>
              <svg viewBox="-10 -10 20 20" width="20" height="20" aria-hidden="true">
                <Mark health={one} />
              </svg>
              {t(healthWords[one])}
            </span>
          ))}
      </figcaption>
    </figure>
  );
}

/** Each state has a shape of its own, so that colour is not needed. */
function Mark({ health }: { health: Health }) {
  const shape = { className: `pv-network__mark pv-network__mark--${health}` };
  switch (health) {
    case "self":
      return <path {...shape} d="M0 -9L9 0L0 9L-9 0Z" />;
    case "ok":
      return <circle {...shape} r={7} />;
    case "trouble":
      return <path {...shape} d="M0 -8L8 7H-8Z" />;
    case "away":
      return <path {...shape} d="M-7 -7H7V7H-7Z" />;
    case "untrusted":
      return <path {...shape} d="M-7 -4L-4 -7L0 -3L4 -7L7 -4L3 0L7 4L4 7L0 3L-4 7L-7 4L-3 0Z" />;
  }
}
