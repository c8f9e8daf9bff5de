import { Link } from "@tanstack/react-router";
import { useId, type ReactNode } from "react";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import type { ResultSearch } from "./Filters";
import { LifeIcon } from "./LifeIcon";

/** Words in the address for the sections of a search. */
export const sections = {
  leistung: "service",
  stelle: "office",
  lebenslage: "situation",
  formular: "form",
} as const;

export function OfficeLink({ office }: { office: Schemas["OrganisationSummary"] }) {
  return (
    <Link to="/stellen/$organisationId" params={{ organisationId: office.id }}>
      {office.name}
    </Link>
  );
}

/** What an office belongs to, and where it is. */
export const officeDetail = ({ parentName, city, portal }: Schemas["OrganisationSummary"]) =>
  [parentName ?? portal.name, city].filter(Boolean).join(" · ");

export function FormLink({ form }: { form: Schemas["FormHit"] }) {
  const t = useWords();
  return (
    <>
      {form.url === undefined ? (
        form.title
      ) : (
        <a href={form.url} rel="noreferrer">
          {form.title}
          <Icon name={form.online ? "open-in-new" : "download"} size="small" />
          <span className="pv-hidden">
            {t(form.online ? "catalog:found.online" : "catalog:found.download")}
          </span>
        </a>
      )}
    </>
  );
}

export function ForService({ form }: { form: Schemas["FormHit"] }) {
  const t = useWords();
  if (form.serviceId === undefined || form.serviceTitle === undefined) return form.portal.name;
  return (
    <>
      {t("catalog:found.belongsTo")}{" "}
      <Link to="/leistungen/$serviceId" params={{ serviceId: form.serviceId }}>
        {form.serviceTitle}
      </Link>
    </>
  );
}

export function SituationLink({
  situation,
  ars,
}: {
  situation: Schemas["SituationHit"];
  ars: string | undefined;
}) {
  return (
    <Link
      to="/lebenslagen/$categoryId"
      params={{ categoryId: situation.id }}
      search={ars === undefined ? {} : { ars }}
    >
      {situation.title}
    </Link>
  );
}

/** The best of what fits beside services, above them: few lines, with ways to the rest. */
export function BesideServices({ found, search }: { found: Schemas["SearchResult"]; search: ResultSearch }) {
  const t = useWords();
  const { offices, situations, forms } = found;
  if (offices.items.length + situations.items.length + forms.items.length === 0) return null;
  return (
    <div className="pv-beside">
      {situations.items.length > 0 && (
        <Group title={t("catalog:found.situations")} all="lebenslage" search={search} section={situations}>
          {situations.items.map((situation) => (
            <li key={situation.id} className="pv-beside__situation">
              <LifeIcon name={situation.icon} />
              <SituationLink situation={situation} ars={search.ars} />
            </li>
          ))}
        </Group>
      )}
      {offices.items.length > 0 && (
        <Group title={t("catalog:found.offices")} all="stelle" search={search} section={offices}>
          {offices.items.map((office) => (
            <li key={office.id}>
              <OfficeLink office={office} />
              <span className="pv-small pv-muted">{officeDetail(office)}</span>
            </li>
          ))}
        </Group>
      )}
      {forms.items.length > 0 && (
        <Group title={t("catalog:found.forms")} all="formular" search={search} section={forms}>
          {forms.items.map((form) => (
            <li key={`${form.serviceId ?? ""} ${form.url ?? form.title}`}>
              <span>
                <FormLink form={form} />
              </span>
              <span className="pv-small pv-muted">
                <ForService form={form} />
              </span>
            </li>
          ))}
        </Group>
      )}
    </div>
  );
}

function Group({
  title,
  all,
  search,
  section,
  children,
}: {
  title: string;
  all: keyof typeof sections;
  search: ResultSearch;
  section: { items: unknown[]; total: number };
  children: ReactNode;
}) {
  const t = useWords();
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul>{children}</ul>
      {section.total > section.items.length && (
        <p className="pv-small">
          <Link to="/suche" search={{ ...search, art: all }}>
            {t("catalog:found.all", { count: section.total })}
          </Link>
        </p>
      )}
    </section>
  );
}
