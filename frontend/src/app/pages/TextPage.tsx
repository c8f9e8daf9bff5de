import type { ReactNode } from "react";
import { Page } from "../../ui/Page";
import { PageHeading } from "../../ui/PageHeading";

/** A page of plain text: sections with heading and paragraphs. */
export function TextPage({
  title,
  intro,
  sections,
}: {
  title: string;
  intro?: string;
  sections: { title: string; text: ReactNode }[];
}) {
  return (
    <Page narrow>
      <PageHeading title={title} />
      {intro !== undefined && <p>{intro}</p>}
      {sections.map((section) => (
        <section key={section.title} className="pv-stack pv-stack--small">
          <h2>{section.title}</h2>
          {typeof section.text === "string" ? <p className="pv-pre-line">{section.text}</p> : section.text}
        </section>
      ))}
    </Page>
  );
}
