import { useRef, type ReactNode } from "react";
import { useWords } from "../../i18n";
import { classes } from "../../lib/classes";
import { formatBytes } from "../../lib/money";
import { focusElement } from "../../lib/focus";
import { Button } from "../Button";
import { Icon } from "../Icon";
import { describedBy, FieldFrame, type FieldProps } from "./FieldParts";

/** A file that the portal holds. */
export interface UploadedFile {
  id: string;
  name: string;
  size: number;
  /** Where it comes from, when not from the device. */
  origin?: { accountHome: string } | undefined;
}

/** A file on its way, or one that did not arrive. */
export interface PendingFile {
  key: string;
  name: string;
  /** 0 to 1. */
  progress: number;
  error?: string;
}

/** Files to hand in: what has arrived, what is on its way, what went wrong; each can be removed. */
export function FileField({
  files,
  pending,
  accept,
  maxFiles = 1,
  language,
  onAdd,
  onRemove,
  onDismiss,
  more,
  ...field
}: FieldProps & {
  files: UploadedFile[];
  pending: PendingFile[];
  accept?: string | undefined;
  maxFiles?: number;
  language: string;
  onAdd: (files: File[]) => void;
  onRemove: (id: string) => void;
  onDismiss: (key: string) => void;
  /** Other ways to add a file. */
  more?: ReactNode;
}) {
  const t = useWords();
  const inputRef = useRef<HTMLInputElement>(null);
  const full = files.length + pending.filter((file) => file.error === undefined).length >= maxFiles;
  const remove = (action: () => void) => {
    action();
    focusElement(inputRef.current);
  };
  return (
    <FieldFrame field={field}>
      <input
        ref={inputRef}
        id={field.id}
        type="file"
        className={classes("kern-form-input__input", field.error && "kern-form-input__input--error")}
        accept={accept}
        multiple={maxFiles > 1}
        disabled={full}
        aria-invalid={field.error ? true : undefined}
        aria-describedby={describedBy(field)}
        onChange={(event) => {
          const chosen = [...(event.target.files ?? [])];
          event.target.value = "";
          if (chosen.length > 0) onAdd(chosen.slice(0, Math.max(0, maxFiles - files.length)));
        }}
      />
      {more}
      {(files.length > 0 || pending.length > 0) && (
        <ul className="pv-files" aria-label={t("file.list")}>
          {files.map((file) => (
            <li key={file.id}>
              <span className="pv-files__name">
                {file.name} <span className="pv-muted pv-nowrap">({formatBytes(file.size, language)})</span>
                {file.origin !== undefined && (
                  <span className="pv-small pv-muted"> {t("file.fromSafe")}</span>
                )}
              </span>
              <Button variant="tertiary" small icon="delete" onClick={() => remove(() => onRemove(file.id))}>
                {t("file.remove")} <span className="pv-hidden">{file.name}</span>
              </Button>
            </li>
          ))}
          {pending.map((file) => (
            <li key={file.key}>
              <span className="pv-files__name">{file.name}</span>
              {file.error === undefined ? (
                <progress
                  value={file.progress}
                  max={1}
                  aria-label={t("file.uploading", { name: file.name })}
                />
              ) : (
                <>
                  <span className="kern-error" role="alert">
                    <Icon name="danger" />
                    <span className="kern-body">{file.error}</span>
                  </span>
                  <Button variant="tertiary" small onClick={() => remove(() => onDismiss(file.key))}>
                    {t("close")} <span className="pv-hidden">{file.name}</span>
                  </Button>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </FieldFrame>
  );
}
