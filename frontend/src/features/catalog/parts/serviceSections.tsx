import type { ReactNode } from "react";
import type { Say } from "../../../i18n";
import { RichText } from "../../../ui/RichText";
import type { Service } from "../api";
import { Fees } from "./Fees";

/** A part of a service's description, under a heading that can be jumped to. */
export interface Section {
  /** Stands in the address behind #. */
  id: string;
  title: string;
  content: ReactNode;
}

type Link = Service["links"][number];

/**
 * What is to be said about a service: first what everybody needs to know (cost, documents, time), then the rest. What the catalog
 * does not know is left out, except for cost and documents, which people look for.
 */
export function serviceSections(service: Service, t: Say): { first: Section[]; rest: Section[] } {
  const links = (...parts: string[]) => service.links.filter(({ part }) => parts.includes(part ?? ""));
  const placed = new Set<Link>();
  const section = (id: string, title: string, parts: string[], ...content: ReactNode[]): Section => {
    const own = links(...parts);
    for (const link of own) placed.add(link);
    const shown = [...content, own.length > 0 && <Links key="links" links={own} />].filter(Boolean);
    return { id, title, content: shown.length === 0 ? null : shown };
  };
  const first = [
    section(
      "kosten",
      t("catalog:service.fees"),
      ["fees", "feesText"],
      service.fees.length > 0 && <Fees key="fees" fees={service.fees} />,
      rich("text", service.feesText),
      service.fees.length === 0 && service.feesText === undefined && (
        <p key="none">{t("catalog:service.noFees")}</p>
      ),
    ),
    section(
      "unterlagen",
      t("catalog:service.documents"),
      ["documents", "documentsText"],
      service.documents.length > 0 && (
        <Documents
          key="documents"
          documents={service.documents}
          ifAvailable={t("catalog:service.ifAvailable")}
        />
      ),
      rich("text", service.documentsText),
      service.documents.length === 0 && service.documentsText === undefined && (
        <p key="none">{t("catalog:service.noDocuments")}</p>
      ),
    ),
    section(
      "zeit",
      t("catalog:service.time"),
      ["deadlines", "deadlinesText", "processingTime"],
      rich("processing", service.processingTime?.text),
      service.deadlines.length > 0 && (
        <ul key="deadlines" className="pv-bullets">
          {service.deadlines.map(({ text }) => (
            <li key={text}>
              <RichText html={text} />
            </li>
          ))}
        </ul>
      ),
      rich("text", service.deadlinesText),
    ),
  ];
  const rest = [
    section(
      "voraussetzungen",
      t("catalog:service.requirements"),
      ["requirements"],
      rich("text", service.requirements),
    ),
    section("ablauf", t("catalog:service.procedure"), ["procedure"], rich("text", service.procedure)),
    section(
      "ergebnis",
      t("catalog:service.results"),
      ["results"],
      service.results && service.results.length > 0 && (
        <Documents key="results" documents={service.results} ifAvailable="" />
      ),
    ),
    section(
      "formulare",
      t("catalog:service.forms"),
      ["forms", "formsText"],
      service.forms.length > 0 && <Links key="forms" links={service.forms} />,
      rich("text", service.formsText),
    ),
    section(
      "beschreibung",
      t("catalog:service.description"),
      ["description", "summary", "notes"],
      rich("summary", service.description === undefined ? service.summary : undefined),
      rich("text", service.description),
      rich("notes", service.notes),
    ),
    section(
      "zustaendigkeit",
      t("catalog:service.competence"),
      ["competentBody", "contactPoint"],
      rich("body", service.competentBody),
      rich("contact", service.contactPoint),
    ),
    section(
      "recht",
      t("catalog:service.law"),
      ["legalBasis", "legalBasisText", "legalRemedy"],
      service.legalBasis.length > 0 && (
        <ul key="basis" className="pv-bullets">
          {service.legalBasis.map(({ title, url }) => (
            <li key={title}>
              {url === undefined ? (
                title
              ) : (
                <a href={url} rel="noreferrer">
                  {title}
                </a>
              )}
            </li>
          ))}
        </ul>
      ),
      rich("text", service.legalBasisText),
      service.legalRemedy !== undefined && <h3 key="remedy">{t("catalog:service.legalRemedy")}</h3>,
      rich("remedy-text", service.legalRemedy),
    ),
    ...service.otherTexts.map(({ title, text }, index) =>
      section(`mehr-${index + 1}`, title, [], rich("text", text)),
    ),
  ];
  const other = service.links.filter((link) => !placed.has(link));
  rest.push(
    section(
      "mehr",
      t("catalog:service.further"),
      [],
      rich("text", service.furtherInformation),
      other.length > 0 && <Links key="other" links={other} />,
    ),
  );
  const said = ({ content }: Section) => content !== null;
  return { first: first.filter(said), rest: rest.filter(said) };
}

const rich = (key: string, html: string | undefined) =>
  html !== undefined && html !== "" && <RichText key={key} html={html} />;

function Documents({ documents, ifAvailable }: { documents: Service["documents"]; ifAvailable: string }) {
  return (
    <ul className="pv-bullets">
      {documents.map((document) => (
        <li key={document.title}>
          <span className="pv-strong">{document.title}</span>
          {!document.required && ` ${ifAvailable}`}
          {document.note !== undefined && <RichText html={document.note} />}
        </li>
      ))}
    </ul>
  );
}

function Links({ links }: { links: Link[] }) {
  return (
    <ul className="pv-bullets">
      {links.map(({ url, title, description }) => (
        <li key={`${url} ${title}`}>
          <a href={url} rel="noreferrer">
            {title}
          </a>
          {description !== undefined && <p className="pv-small">{description}</p>}
        </li>
      ))}
    </ul>
  );
}
