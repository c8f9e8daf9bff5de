import { useEffect, useRef } from "react";
import { useWords } from "../../../i18n";
import { focusElement } from "../../../lib/focus";
import { Button } from "../../../ui/Button";
import { TextField } from "../../../ui/fields/TextField";
import type { FormErrors } from "../../../ui/useFormErrors";

/** A document that is asked for, as it is typed. */
export interface TypedDocument {
  key: string;
  label: string;
  hint: string;
}

const most = 10;

/** The fields of documents by what the portal calls them. */
export function documentFields(documents: readonly TypedDocument[]): Record<string, string> {
  return Object.fromEntries(
    documents.flatMap(({ key }, index) => [
      [`documents/${index}`, `${key}-label`],
      [`documents/${index}/label`, `${key}-label`],
      [`documents/${index}/hint`, `${key}-hint`],
    ]),
  );
}

/** Documents that are asked for with a question. */
export function RequestDocuments({
  documents,
  errors,
  onChange,
}: {
  documents: TypedDocument[];
  errors: FormErrors;
  onChange: (documents: TypedDocument[]) => void;
}) {
  const t = useWords();
  const goTo = useRef<string>(undefined);
  useEffect(() => {
    if (goTo.current !== undefined) focusElement(document.getElementById(goTo.current));
    goTo.current = undefined;
  });
  const change = (key: string, patch: Partial<TypedDocument>) =>
    onChange(documents.map((one) => (one.key === key ? { ...one, ...patch } : one)));
  const add = () => {
    const key = `document-${crypto.randomUUID()}`;
    goTo.current = `${key}-label`;
    onChange([...documents, { key, label: "", hint: "" }]);
  };
  const remove = (index: number) => {
    const next = documents[index + 1] ?? documents[index - 1];
    goTo.current = next === undefined ? "document-add" : `${next.key}-label`;
    onChange(documents.toSpliced(index, 1));
  };
  return (
    <fieldset className="pv-bare-fieldset pv-stack pv-stack--medium">
      <legend className="pv-strong">{t("cases:question.documents")}</legend>
      {documents.map(({ key, label, hint }, index) => {
        const name = t("cases:question.document", { number: index + 1 });
        return (
          <div key={key} className="pv-group__item" role="group" aria-label={name}>
            <div className="pv-group__head">
              <p className="pv-strong">{name}</p>
              <Button variant="tertiary" small icon="delete" onClick={() => remove(index)}>
                {t("cases:question.removeDocument")} <span className="pv-hidden">{name}</span>
              </Button>
            </div>
            <TextField
              id={`${key}-label`}
              label={t("cases:question.documentLabel")}
              error={errors.of(`${key}-label`)}
              input={{ autoComplete: "off", maxLength: 120 }}
              value={label}
              onChange={(value) => change(key, { label: value })}
            />
            <TextField
              id={`${key}-hint`}
              label={t("cases:question.documentHint")}
              optional
              error={errors.of(`${key}-hint`)}
              input={{ autoComplete: "off", maxLength: 300 }}
              value={hint}
              onChange={(value) => change(key, { hint: value })}
            />
          </div>
        );
      })}
      {documents.length < most && (
        <div>
          <Button id="document-add" variant="secondary" small icon="add" onClick={add}>
            {t(documents.length === 0 ? "cases:question.addFirst" : "cases:question.addDocument")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
