import { fieldId, readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { TextField } from "../../../ui/fields/TextField";
import { errorAt, useEditor } from "../content/context";
import { Day, Figure, Some } from "../fields/ChoiceFields";
import { ListField } from "../fields/ListField";
import { AreasPicker, EntryPicker } from "../fields/Pickers";
import { Line, Texts } from "../fields/TextFields";
import { Section } from "./Section";

const days = ["mo", "tu", "we", "th", "fr", "sa", "su"] as const;

/** An office: its name, where it is, when it is open, how it is reached. */
export function OfficeForm() {
  const t = useWords();
  return (
    <>
      <Section id="texte" title={t("editing:section.office")}>
        <Texts at="/name" label={t("editing:field.name")} />
        <EntryPicker at="/parentId" kind="organisation" label={t("editing:field.parentId")} optional />
        <AreasPicker
          at="/administers"
          label={t("editing:form.administers")}
          hint={t("editing:hint.administers")}
          optional
        />
      </Section>
      <Section id="adresse" title={t("editing:field.address")}>
        <div className="pv-fields-row">
          <Line at="/address/street" label={t("editing:field.street")} />
          <Line at="/address/houseNumber" label={t("editing:field.houseNumber")} width="short" />
        </div>
        <div className="pv-fields-row">
          <Line at="/address/postalCode" label={t("editing:field.postalCode")} width="short" />
          <Line at="/address/city" label={t("editing:field.city")} />
        </div>
        <div className="pv-fields-row">
          <Figure at="/position/lat" label={t("editing:form.lat")} optional />
          <Figure at="/position/lon" label={t("editing:form.lon")} optional />
        </div>
        <Texts at="/accessibility" label={t("editing:field.accessibility")} kind="lines" optional />
      </Section>
      <Section id="zeiten" title={t("editing:field.openingHours")}>
        <ListField
          at="/openingHours"
          label={t("editing:form.week")}
          itemLabel={t("editing:list.hours")}
          addLabel={t("editing:list.addHours")}
          create={() => ({ days: ["mo", "tu", "we", "th", "fr"], from: "08:00", to: "12:00" })}
        >
          {(at) => (
            <>
              <div className="pv-days">
                <Some
                  at={`${at}/days`}
                  label={t("editing:field.days")}
                  options={days.map((value) => ({ value, label: t(`editing:day.${value}`) }))}
                />
              </div>
              <FromTo at={at} />
            </>
          )}
        </ListField>
        <ListField
          at="/specialHours"
          label={t("editing:form.exceptions")}
          itemLabel={t("editing:list.exception")}
          addLabel={t("editing:list.addException")}
          hint={t("editing:hint.exceptions")}
          create={() => ({ from: "", to: "" })}
        >
          {(at) => <Exception at={at} />}
        </ListField>
        <Texts at="/hoursNote" label={t("editing:field.hoursNote")} kind="lines" optional />
      </Section>
      <Section id="kontakt" title={t("editing:section.contact")}>
        <Line at="/phone" label={t("editing:field.phone")} optional input={{ type: "tel" }} width="medium" />
        <Line
          at="/email"
          label={t("editing:field.email")}
          optional
          input={{ type: "email", spellCheck: false }}
        />
        <Line at="/url" label={t("editing:field.url")} optional input={{ type: "url", spellCheck: false }} />
        <Line
          at="/appointmentUrl"
          label={t("editing:field.appointmentUrl")}
          optional
          input={{ type: "url", spellCheck: false }}
        />
      </Section>
    </>
  );
}

function FromTo({ at }: { at: string }) {
  const t = useWords();
  return (
    <div className="pv-fields-row">
      <Time at={`${at}/from`} label={t("editing:form.opens")} />
      <Time at={`${at}/to`} label={t("editing:form.closes")} />
    </div>
  );
}

/** A time of day, in the browser's own field. */
function Time({ at, label }: { at: string; label: string }) {
  const editor = useEditor();
  const value = readAt(editor.content, at);
  return (
    <TextField
      id={fieldId(at)}
      label={label}
      width="short"
      error={errorAt(editor, at)}
      input={{ type: "time" }}
      value={typeof value === "string" ? value : ""}
      onChange={(time) => editor.set(at, time)}
    />
  );
}

/** Days on which other hours are kept, or on which the office is closed. */
function Exception({ at }: { at: string }) {
  const t = useWords();
  return (
    <>
      <Day at={`${at}/from`} label={t("editing:form.dayFrom")} />
      <Day at={`${at}/to`} label={t("editing:form.dayTo")} />
      <ListField
        at={`${at}/hours`}
        label={t("editing:form.otherHours")}
        itemLabel={t("editing:list.hours")}
        addLabel={t("editing:list.addHours")}
        hint={t("editing:hint.closed")}
        create={() => ({ from: "08:00", to: "12:00" })}
      >
        {(hours) => <FromTo at={hours} />}
      </ListField>
      <Texts at={`${at}/note`} label={t("editing:form.reason")} optional />
    </>
  );
}
