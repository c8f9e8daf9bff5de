import type { ReactNode } from "react";
import { RichText } from "../../../ui/RichText";
import { currentLanguage, type Say } from "../../../i18n";
import type { Service } from "../api";
import { textLanguages, type TextLanguageOf } from "../textLanguages";
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
  const lang = textLanguages(service, currentLanguage());
  const rich = (key: string, name: string, html: string | undefined) =>
    html !== undefined && html !== "" && <RichText key={key} html={html} lang={lang(`/${name}`)} />;
  const placed = new Set<Link>();
  const section = (id: string, title: string, parts: string[], ...content: ReactNode[]): Section => {
    const own = links(...parts);
    for (const link of own) placed.add(link);
    const shown = [
      ...content,
      own.length > 0 && <Links key="links" links={own} all={service.links} at="/links" lang={lang} />,
    ].filter(Boolean);
    return { id, title, content: shown.length === 0 ? null : shown };
  };
  const first = [
    section(
      "kosten",
      t("catalog:service.fees"),
      ["fees", "feesText"],
      service.fees.length > 0 && <Fees key="fees" fees={service.fees} lang={lang} />,
      rich("text", "feesText", service.feesText),
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
          at="/documents"
          lang={lang}
          ifAvailable={t("catalog:service.ifAvailable")}
        />
      ),
      rich("text", "documentsText", service.documentsText),
      service.documents.length === 0 && service.documentsText === undefined && (
        <p key="none">{t("catalog:service.noDocuments")}</p>
      ),
    ),
    section(
      "zeit",
      t("catalog:service.time"),
      ["deadlines", "deadlinesText", "processingTime"],
      rich("processing", "processingTime/text", service.processingTime?.text),
      service.deadlines.length > 0 && (
        <ul key="deadlines" className="pv-bullets">
          {service.deadlines.map(({ text }, index) => (
            <li key={text}>
              <RichText html={text} lang={lang(`/deadlines/${index}/text`)} />
            </li>
          ))}
        </ul>
      ),
      rich("text", "deadlinesText", service.deadlinesText),
    ),
  ];
  const rest = [
    section(
      "voraussetzungen",
      t("catalog:service.requirements"),
      ["requirements"],
      rich("text", "requirements", service.requirements),
    ),
    section(
      "ablauf",
      t("catalog:service.procedure"),
      ["procedure"],
      rich("text", "procedure", service.procedure),
    ),
    section(
      "ergebnis",
      t("catalog:service.results"),
      ["results"],
      service.results && service.results.length > 0 && (
        <Documents key="results" documents={service.results} ifAvailable="" at="/results" lang={lang} />
      ),
    ),
    section(
      "formulare",
      t("catalog:service.forms"),
      ["forms", "formsText"],
      service.forms.length > 0 && (
        <Links key="forms" links={service.forms} all={service.forms} at="/forms" lang={lang} />
      ),
      rich("text", "formsText", service.formsText),
    ),
    section(
      "beschreibung",
      t("catalog:service.description"),
      ["description", "summary", "notes"],
      rich("summary", "summary", service.description === undefined ? service.summary : undefined),
      rich("text", "description", service.description),
      rich("notes", "notes", service.notes),
    ),
    section(
      "zustaendigkeit",
      t("catalog:service.competence"),
      ["competentBody", "contactPoint"],
      rich("body", "competentBody", service.competentBody),
      rich("contact", "contactPoint", service.contactPoint),
    ),
    section(
      "recht",
      t("catalog:service.law"),
      ["legalBasis", "legalBasisText", "legalRemedy"],
      service.legalBasis.length > 0 && (
        <ul key="basis" className="pv-bullets">
          {service.legalBasis.map(({ title, url }, index) => (
            <li key={title} lang={lang(`/legalBasis/${index}/title`)}>
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
      rich("text", "legalBasisText", service.legalBasisText),
      service.legalRemedy !== undefined && <h3 key="remedy">{t("catalog:service.legalRemedy")}</h3>,
      rich("remedy-text", "legalRemedy", service.legalRemedy),
    ),
    ...service.otherTexts.map(({ title, text }, index) =>
      section(`mehr-${index + 1}`, title, [], rich("text", `otherTexts/${index}/text`, text)),
    ),
  ];
  const other = service.links.filter((link) => !placed.has(link));
  rest.push(
    section(
      "mehr",
      t("catalog:service.further"),
      [],
      rich("text", "furtherInformation", service.furtherInformation),
      other.length > 0 && <Links key="other" links={other} all={service.links} at="/links" lang={lang} />,
    ),
  );
  const said = ({ content }: Section) => content !== null;
  return { first: first.filter(said), rest: rest.filter(said) };
}

function Documents({
  documents,
  ifAvailable,
  at,
  lang,
}: {
  documents: Service["documents"];
  ifAvailable: string;
  at: string;
  lang: TextLanguageOf;
}) {
  return (
    <ul className="pv-bullets">
      {documents.map((document, index) => (
        <li key={document.title}>
          <span className="pv-strong" lang={lang(`${at}/${index}/title`)}>
            {document.title}
          </span>
          {!document.required && ` ${ifAvailable}`}
          {document.note !== undefined && (
            <RichText html={document.note} lang={lang(`${at}/${index}/note`)} />
          )}
        </li>
      ))}
    </ul>
  );
}

/** Links; `all` is the list at the pointer `at`, of which they are a part. */
function Links({ links, all, at, lang }: { links: Link[]; all: Link[]; at: string; lang: TextLanguageOf }) {
  return (
    <ul className="pv-bullets">
      {links.map((link) => (
        <li key={`${link.url} ${link.title}`} lang={lang(`${at}/${all.indexOf(link)}/title`)}>
          <a href={link.url} rel="noreferrer">
            {link.title}
          </a>
          {link.description !== undefined && <p className="pv-small">{link.description}</p>}
        </li>
      ))}
    </ul>
  );
}
