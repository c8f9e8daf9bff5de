import { readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { useEditor } from "../content/context";
import { Figure, OneOf, Pick, Some } from "../fields/ChoiceFields";
import { ListField } from "../fields/ListField";
import {
  AreaPicker,
  AreasPicker,
  EntryPicker,
  FormPicker,
  OnlineServiceTaker,
  SituationPicker,
} from "../fields/Pickers";
import { Line, Texts } from "../fields/TextFields";
import { Validity } from "./Modules";
import { Section } from "./Section";

const audiences = ["citizen", "business"] as const;

/** Who does which service where, for whom, and how one can apply. */
export function CompetenceForm() {
  const t = useWords();
  const editor = useEditor();
  const way = readAt(editor.content, "/onlineService/type");
  return (
    <>
      <Section id="texte" title={t("editing:section.competence")}>
        <EntryPicker at="/serviceId" kind="service" label={t("editing:field.serviceId")} />
        <EntryPicker at="/organisationId" kind="organisation" label={t("editing:field.organisationId")} />
        <AreaPicker at="/area" label={t("editing:field.area")} />
        <Pick
          at="/role"
          label={t("editing:field.role")}
          hint={t("editing:hint.role")}
          optional
          options={(["01", "03"] as const).map((value) => ({ value, label: t(`editing:role.${value}`) }))}
        />
      </Section>
      <Section id="bedingungen" title={t("editing:section.conditions")}>
        <Some
          at="/audiences"
          label={t("editing:field.audiences")}
          hint={t("editing:hint.audiences")}
          optional
          options={audiences.map((value) => ({ value, label: t(`editing:audience.${value}`) }))}
        />
        <ListField
          at="/conditions"
          label={t("editing:form.conditions")}
          itemLabel={t("editing:list.condition")}
          addLabel={t("editing:list.addCondition")}
          hint={t("editing:hint.conditions")}
          create={() => ({ kind: "surname" })}
        >
          {(at) => <Condition at={at} />}
        </ListField>
        <Texts at="/rule" label={t("editing:form.rule")} kind="lines" optional />
        <Validity />
      </Section>
      <Section id="antrag" title={t("editing:section.online")}>
        <Pick
          at="/onlineService/type"
          label={t("editing:form.way")}
          optional
          options={(["form", "link"] as const).map((value) => ({ value, label: t(`editing:way.${value}`) }))}
        />
        {way === "form" && (
          <>
            <FormPicker at="/onlineService/formId" label={t("editing:form.formId")} />
            <Line
              at="/onlineService/channel"
              label={t("editing:form.channel")}
              hint={t("editing:hint.channel")}
              width="medium"
              optional
            />
          </>
        )}
        {way === "link" && (
          <>
            <OnlineServiceTaker at="/onlineService" />
            <Line
              at="/onlineService/url"
              label={t("editing:field.url")}
              input={{ type: "url", spellCheck: false }}
            />
            <Texts at="/onlineService/title" label={t("editing:form.linkTitle")} optional />
          </>
        )}
        <Texts at="/note" label={t("editing:field.note")} kind="lines" optional />
      </Section>
    </>
  );
}

function Condition({ at }: { at: string }) {
  const t = useWords();
  const kind = readAt(useEditor().content, `${at}/kind`);
  return (
    <>
      <OneOf
        at={`${at}/kind`}
        label={t("editing:form.conditionKind")}
        options={(["surname", "age"] as const).map((value) => ({
          value,
          label: t(`editing:condition.${value}`),
        }))}
      />
      <div className="pv-fields-row">
        {kind === "surname" ? (
          <>
            <Line at={`${at}/from`} label={t("editing:form.surnameFrom")} width="short" optional />
            <Line at={`${at}/to`} label={t("editing:form.surnameTo")} width="short" optional />
          </>
        ) : (
          <>
            <Figure at={`${at}/min`} label={t("editing:form.ageFrom")} optional />
            <Figure at={`${at}/max`} label={t("editing:form.ageTo")} optional />
          </>
        )}
      </div>
    </>
  );
}

/** A life or business situation by which services are grouped. */
export function SituationForm() {
  const t = useWords();
  return (
    <Section id="texte" title={t("editing:section.situation")}>
      <Texts at="/title" label={t("editing:field.title")} />
      <Texts at="/description" label={t("editing:field.description")} kind="lines" optional />
      <SituationPicker
        at="/parentId"
        label={t("editing:form.parentSituation")}
        hint={t("editing:hint.parentSituation")}
        optional
      />
      <Line
        at="/icon"
        label={t("editing:field.icon")}
        hint={t("editing:hint.icon")}
        width="medium"
        optional
      />
      <Figure at="/position" label={t("editing:form.order")} hint={t("editing:hint.order")} optional />
    </Section>
  );
}

/** A way to apply online that stands on its own. */
export function OnlineServiceForm() {
  const t = useWords();
  return (
    <Section id="texte" title={t("editing:section.onlineService")}>
      <Texts at="/title" label={t("editing:field.title")} />
      <Texts at="/teaser" label={t("editing:field.teaser")} kind="lines" optional />
      <Texts at="/description" label={t("editing:field.description")} kind="rich" optional />
      <ListField
        at="/links"
        label={t("editing:list.links")}
        itemLabel={t("editing:list.link")}
        addLabel={t("editing:list.addLink")}
        create={() => ({ url: "" })}
      >
        {(at) => (
          <>
            <Line
              at={`${at}/url`}
              label={t("editing:field.url")}
              input={{ type: "url", spellCheck: false }}
            />
            <Line at={`${at}/title`} label={t("editing:form.linkTitle")} optional />
          </>
        )}
      </ListField>
      <OneOf
        at="/trustLevel"
        label={t("editing:field.trustLevel")}
        optional
        options={(["low", "substantial", "high"] as const).map((value) => ({
          value,
          label: t(`editing:trust.${value}`),
        }))}
      />
      <Validity />
    </Section>
  );
}

/** For which service and where an online service takes applications. */
export function OnlineCompetenceForm() {
  const t = useWords();
  return (
    <Section id="texte" title={t("editing:section.competence")}>
      <EntryPicker at="/serviceId" kind="service" label={t("editing:field.serviceId")} />
      <EntryPicker at="/onlineServiceId" kind="onlineService" label={t("editing:field.onlineServiceId")} />
      <AreasPicker at="/areas" label={t("editing:field.areas")} />
    </Section>
  );
}
