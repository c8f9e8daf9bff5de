import { readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { useEditor } from "../content/context";
import { Day, Figure, OneOf, Pick, Tick } from "../fields/ChoiceFields";
import { ListField } from "../fields/ListField";
import { Line, Texts } from "../fields/TextFields";

export function Documents() {
  const t = useWords();
  return (
    <>
      <Texts at="/documentsText" label={t("editing:field.documentsText")} kind="rich" optional />
      <ListField
        at="/documents"
        label={t("editing:list.documents")}
        itemLabel={t("editing:list.document")}
        addLabel={t("editing:list.addDocument")}
        create={() => ({ title: {}, required: true })}
      >
        {(at) => (
          <>
            <Texts at={`${at}/title`} label={t("editing:form.documentTitle")} />
            <Texts at={`${at}/note`} label={t("editing:field.note")} kind="rich" optional />
            <Tick at={`${at}/required`} label={t("editing:field.required")} />
          </>
        )}
      </ListField>
    </>
  );
}

/** What people receive in the end. */
export function Results() {
  const t = useWords();
  return (
    <ListField
      at="/results"
      label={t("editing:list.results")}
      itemLabel={t("editing:list.result")}
      addLabel={t("editing:list.addResult")}
      create={() => ({ title: {}, required: true })}
    >
      {(at) => (
        <>
          <Texts at={`${at}/title`} label={t("editing:form.resultTitle")} />
          <Texts at={`${at}/note`} label={t("editing:field.note")} kind="rich" optional />
        </>
      )}
    </ListField>
  );
}

const feeKinds = ["fixed", "range", "rule", "free"] as const;

export function Fees() {
  const t = useWords();
  return (
    <>
      <Texts at="/feesText" label={t("editing:field.feesText")} kind="rich" optional />
      <ListField
        at="/fees"
        label={t("editing:list.fees")}
        itemLabel={t("editing:list.fee")}
        addLabel={t("editing:list.addFee")}
        create={() => ({ label: {}, kind: "fixed", currency: "EUR" })}
      >
        {(at) => <Fee at={at} />}
      </ListField>
    </>
  );
}

function Fee({ at }: { at: string }) {
  const t = useWords();
  const kind = readAt(useEditor().content, `${at}/kind`);
  return (
    <>
      <Texts at={`${at}/label`} label={t("editing:form.feeLabel")} />
      <OneOf
        at={`${at}/kind`}
        label={t("editing:form.feeKind")}
        options={feeKinds.map((value) => ({ value, label: t(`editing:feeKind.${value}`) }))}
      />
      {kind === "fixed" && <Figure at={`${at}/amount`} label={t("editing:form.amount")} cents />}
      {kind === "range" && (
        <>
          <Figure at={`${at}/amount`} label={t("editing:form.amountFrom")} cents />
          <Figure at={`${at}/max`} label={t("editing:form.amountTo")} cents />
        </>
      )}
      {(kind === "range" || kind === "rule") && (
        <Texts
          at={`${at}/basis`}
          label={t("editing:form.feeBasis")}
          kind="lines"
          optional={kind === "range"}
        />
      )}
      {kind === "free" && (
        <Texts at={`${at}/basis`} label={t("editing:form.feeFree")} kind="lines" optional />
      )}
      <Texts at={`${at}/note`} label={t("editing:field.note")} kind="rich" optional />
    </>
  );
}

const units = ["day", "workday", "weekday", "week", "month", "year"] as const;

function Duration({ at }: { at: string }) {
  const t = useWords();
  const unit = readAt(useEditor().content, `${at}/unit`);
  return (
    <div className="pv-fields-row">
      <Figure at={`${at}/value`} label={t("editing:form.durationValue")} optional />
      {readAt(useEditor().content, at) !== undefined && (
        <Figure at={`${at}/max`} label={t("editing:form.durationMax")} optional />
      )}
      <Pick
        at={`${at}/unit`}
        label={t("editing:field.unit")}
        optional={unit === undefined}
        options={units.map((value) => ({ value, label: t(`editing:unit.${value}`) }))}
      />
    </div>
  );
}

export function Deadlines() {
  const t = useWords();
  return (
    <>
      <Texts at="/deadlinesText" label={t("editing:field.deadlinesText")} kind="rich" optional />
      <ListField
        at="/deadlines"
        label={t("editing:list.deadlines")}
        itemLabel={t("editing:list.deadline")}
        addLabel={t("editing:list.addDeadline")}
        hint={t("editing:hint.deadline")}
        create={() => ({ text: {} })}
      >
        {(at) => (
          <>
            <Texts at={`${at}/text`} label={t("editing:form.deadlineText")} kind="rich" optional />
            <Duration at={`${at}/duration`} />
            <Day at={`${at}/from`} label={t("editing:form.dayFrom")} optional />
            <Day at={`${at}/to`} label={t("editing:form.dayTo")} optional />
          </>
        )}
      </ListField>
    </>
  );
}

export function ProcessingTime() {
  const t = useWords();
  return (
    <>
      <h3>{t("editing:field.processingTime")}</h3>
      <Texts at="/processingTime/text" label={t("editing:form.processingText")} kind="rich" optional />
      <Duration at="/processingTime/terms/0/duration" />
    </>
  );
}

export function LegalBasis() {
  const t = useWords();
  return (
    <>
      <ListField
        at="/legalBasis"
        label={t("editing:list.laws")}
        itemLabel={t("editing:list.law")}
        addLabel={t("editing:list.addLaw")}
        create={() => ({ title: {} })}
      >
        {(at) => (
          <>
            <Texts at={`${at}/title`} label={t("editing:form.lawTitle")} />
            <Line
              at={`${at}/url`}
              label={t("editing:field.url")}
              optional
              input={{ type: "url", spellCheck: false }}
            />
          </>
        )}
      </ListField>
      <Texts at="/legalBasisText" label={t("editing:field.legalBasisText")} kind="rich" optional />
    </>
  );
}

const linkModules = ["forms", "furtherInformation", "fees", "documents", "legalBasis", "procedure"] as const;

export function Links() {
  const t = useWords();
  return (
    <ListField
      at="/links"
      label={t("editing:list.links")}
      itemLabel={t("editing:list.link")}
      addLabel={t("editing:list.addLink")}
      hint={t("editing:hint.links")}
      create={() => ({ module: "furtherInformation", url: "" })}
    >
      {(at) => (
        <>
          <Pick
            at={`${at}/module`}
            label={t("editing:field.module")}
            options={linkModules.map((value) => ({ value, label: t(`editing:module.${value}`) }))}
          />
          <Line at={`${at}/title`} label={t("editing:form.linkTitle")} optional />
          <Line at={`${at}/url`} label={t("editing:field.url")} input={{ type: "url", spellCheck: false }} />
          <Pick
            at={`${at}/language`}
            label={t("editing:field.language")}
            optional
            options={(["de", "en", "de-x-ls"] as const).map((value) => ({
              value,
              label: t(`editing:language.${value}`),
            }))}
          />
        </>
      )}
    </ListField>
  );
}

export function Validity() {
  const t = useWords();
  return (
    <ListField
      at="/validity"
      label={t("editing:field.validity")}
      itemLabel={t("editing:list.period")}
      addLabel={t("editing:list.addPeriod")}
      create={() => ({})}
    >
      {(at) => (
        <>
          <Day at={`${at}/from`} label={t("editing:form.dayFrom")} time="begin" optional />
          <Day at={`${at}/to`} label={t("editing:form.dayTo")} time="end" optional />
        </>
      )}
    </ListField>
  );
}
