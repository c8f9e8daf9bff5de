import type { Schemas } from "../../../api/client";

/** Where people can ask, each with its telephone number. */
export function TurnToList({ offices }: { offices: Schemas["TurnTo"][] }) {
  return (
    <ul className="pv-bullets">
      {offices.map(({ name, phone }) => (
        <li key={name}>
          {name}
          {phone !== undefined && (
            <>
              {", "}
              <a href={`tel:${phone.replaceAll(/[^+\d]/g, "")}`}>{phone}</a>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
