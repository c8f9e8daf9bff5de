import { useQuery } from "@tanstack/react-query";
import { readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { situationsQuery } from "../api";
import { useEditor } from "../content/context";
import { sdgLabel } from "../content/sdg";
import { Day, OneOf, Some, Tick } from "../fields/ChoiceFields";
import { AreasPicker, EntryPicker } from "../fields/Pickers";
import { Line, Lines, Texts } from "../fields/TextFields";
import { Deadlines, Documents, Fees, LegalBasis, Links, ProcessingTime, Results, Validity } from "./Modules";
import { Section, Sections } from "./Section";

/** A service: what people read, what it costs, and how it is found. */
export function ServiceForm() {
  const t = useWords();
  const f = (name: Parameters<typeof label>[1]) => label(t, name);
  return (
    <>
      <Sections
        label={t("editing:section.label")}
        items={[
          { id: "texte", title: t("editing:section.texts") },
          { id: "unterlagen", title: f("documents") },
          { id: "gebuehren", title: f("fees") },
          { id: "fristen", title: t("editing:section.times") },
          { id: "recht", title: t("editing:section.law") },
          { id: "weiteres", title: t("editing:section.more") },
          { id: "finden", title: t("editing:section.find") },
          { id: "rahmen", title: t("editing:section.frame") },
        ]}
      />
      <Section id="texte" title={t("editing:section.texts")}>
        <Texts at="/title" label={f("title")} hint={t("editing:hint.title")} />
        <Texts
          at="/teaser"
          label={f("teaser")}
          kind="lines"
          hint={t("editing:hint.teaser")}
          maxLength={300}
          optional
        />
        <MainTexts />
      </Section>
      <ModuleSections />
      <Section id="weiteres" title={t("editing:section.more")}>
        <Results />
        <MoreTexts />
      </Section>
      <Section id="finden" title={t("editing:section.find")}>
        <Synonyms />
        <Categories />
        <Some
          at="/audiences"
          label={f("audiences")}
          optional
          options={(["citizen", "business", "administration"] as const).map((value) => ({
            value,
            label: t(`editing:audience.${value}`),
          }))}
        />
        <Texts
          at="/designation"
          label={t("editing:field.designation")}
          hint={t("editing:hint.designation")}
          optional
        />
        <Line
          at="/leikaKey"
          label={f("leikaKey")}
          hint={t("editing:hint.leikaKey")}
          optional
          width="medium"
        />
        <SdgAreas label={f("sdgAreas")} />
      </Section>
      <Section id="rahmen" title={t("editing:section.frame")}>
        <OneOf
          at="/trustLevel"
          label={f("trustLevel")}
          options={(["low", "substantial", "high"] as const).map((value) => ({
            value,
            label: t(`editing:trust.${value}`),
          }))}
        />
        <Tick at="/signatureRequired" label={f("signatureRequired")} />
        <AreasPicker at="/validIn" label={f("validIn")} optional />
        <Validity />
        <Day at="/release/date" label={t("editing:form.releaseDate")} optional />
        <Texts at="/release/by" label={t("editing:form.releaseBy")} optional />
      </Section>
    </>
  );
}

/** What is different about a service in some areas; what is left empty stays as the service says. */
export function SpecialisationForm() {
  const t = useWords();
  return (
    <>
      <Section id="texte" title={t("editing:section.texts")}>
        <p className="pv-text">{t("editing:form.specialisationIntro")}</p>
        <EntryPicker at="/serviceId" kind="service" label={t("editing:field.serviceId")} />
        <AreasPicker at="/areas" label={label(t, "areas")} />
        <Texts at="/title" label={label(t, "title")} optional />
        <Texts at="/teaser" label={label(t, "teaser")} kind="lines" optional />
        <MainTexts />
      </Section>
      <ModuleSections />
      <Section id="weiteres" title={t("editing:section.more")}>
        <MoreTexts />
        <Validity />
      </Section>
    </>
  );
}

const mainTexts = ["description", "procedure", "requirements"] as const;
const moreTexts = [
  "summary",
  "notes",
  "furtherInformation",
  "legalRemedy",
  "contactPoint",
  "competentBody",
  "formsText",
] as const;
const frame = [
  "documents",
  "fees",
  "title",
  "teaser",
  "audiences",
  "leikaKey",
  "sdgAreas",
  "trustLevel",
  "signatureRequired",
  "validIn",
  "areas",
] as const;

function label(
  t: ReturnType<typeof useWords>,
  name: (typeof mainTexts | typeof moreTexts | typeof frame)[number],
) {
  return t(`editing:field.${name}`);
}

function MainTexts() {
  const t = useWords();
  return mainTexts.map((name) => (
    <Texts key={name} at={`/${name}`} label={label(t, name)} kind="rich" optional />
  ));
}

function MoreTexts() {
  const t = useWords();
  return moreTexts.map((name) => (
    <Texts key={name} at={`/${name}`} label={label(t, name)} kind="rich" optional />
  ));
}

function ModuleSections() {
  const t = useWords();
  return (
    <>
      <Section id="unterlagen" title={t("editing:field.documents")}>
        <Documents />
      </Section>
      <Section id="gebuehren" title={t("editing:field.fees")}>
        <Fees />
      </Section>
      <Section id="fristen" title={t("editing:section.times")}>
        <Deadlines />
        <ProcessingTime />
      </Section>
      <Section id="recht" title={t("editing:section.law")}>
        <LegalBasis />
        <Links />
      </Section>
    </>
  );
}

/** Other words for the service, by language. */
function Synonyms() {
  const t = useWords();
  const { languages } = useEditor();
  return languages.map((language) => (
    <Lines
      key={language}
      at={`/synonyms/${language}`}
      label={`${t("editing:field.synonyms")} (${t(`editing:language.${language}`)})`}
      hint={t("editing:hint.synonyms")}
    />
  ));
}

function Categories() {
  const t = useWords();
  const editor = useEditor();
  const situations = useQuery(situationsQuery);
  const chosen = readAt(editor.content, "/categories");
  const known = (situations.data?.items ?? []).map((item) => ({ value: item.id, label: item.title }));
  const more = (Array.isArray(chosen) ? chosen : [])
    .filter((id) => typeof id === "string" && !known.some((item) => item.value === id))
    .map((id) => ({ value: String(id), label: String(id) }));
  if (known.length + more.length === 0) return null;
  return (
    <Some at="/categories" label={t("editing:field.categories")} optional options={[...known, ...more]} />
  );
}

/** The keys of information areas, and what they are called. */
function SdgAreas({ label: title }: { label: string }) {
  const t = useWords();
  const value = readAt(useEditor().content, "/sdgAreas");
  const keys = (Array.isArray(value) ? value : []).filter(
    (key) => typeof key === "string" && key.trim() !== "",
  );
  return (
    <div className="pv-stack pv-stack--small">
      <Lines at="/sdgAreas" label={title} hint={t("editing:hint.sdgAreas")} />
      {keys.length > 0 && (
        <div className="pv-small">
          <p id="sdg-names">{t("editing:sdg.title")}:</p>
          <ul className="pv-bullets" aria-labelledby="sdg-names">
            {[...new Set(keys)].map((key) => (
              <li key={String(key)}>
                {sdgLabel(String(key).trim(), t) ?? t("editing:sdg.unknown", { key: String(key) })}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
