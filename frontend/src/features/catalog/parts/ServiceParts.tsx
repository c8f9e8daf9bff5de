import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import type { Section } from "./serviceSections";

/** Sections of a description, one below the other. */
export function Sections({ sections }: { sections: Section[] }) {
  return (
    <div className="pv-stack pv-stack--large">
      {sections.map(({ id, title, content }) => (
        <section
          key={id}
          id={id}
          className="pv-stack pv-stack--small pv-section"
          aria-labelledby={`${id}-title`}
        >
          <h2 id={`${id}-title`}>{title}</h2>
          <div className="pv-stack pv-stack--medium">{content}</div>
        </section>
      ))}
    </div>
  );
}

const shortest = 6;

/** What is on a long page, to jump to. */
export function Contents({ sections }: { sections: Pick<Section, "id" | "title">[] }) {
  const t = useWords();
  if (sections.length < shortest) return null;
  return (
    <nav className="pv-contents pv-no-print" aria-labelledby="contents">
      <h2 id="contents">{t("catalog:service.contents")}</h2>
      <ul>
        {sections.map(({ id, title }) => (
          <li key={id}>
            <Link to="." hash={id} search={(search: object) => search}>
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
