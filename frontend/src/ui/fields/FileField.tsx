import { useEffect, useRef, useState, type ReactNode } from "react";
import { useWords, type Say } from "../../i18n";
import { classes } from "../../lib/classes";
import { formatBytes } from "../../lib/money";
import { isPhoto } from "../../lib/photo";
import { focusElement } from "../../lib/focus";
import { Button } from "../Button";
import { Icon } from "../Icon";
import { describedBy, FieldFrame, type FieldProps } from "./FieldParts";
import { PhotoDialog } from "./PhotoDialog";

/** A file that the portal holds. */
export interface UploadedFile {
  id: string;
  name: string;
  size: number;
  /** What the virus scanner says, as long as it is not that the file is clean. */
  check?: "pending" | "refused" | undefined;
  /** Where it comes from, when not from the device. */
  origin?: { accountHome: string } | undefined;
}

/** A file on its way, or one that did not arrive. */
export interface PendingFile {
  key: string;
  name: string;
  size: number;
  /** 0 to 1. */
  progress: number;
  /** The line is broken; it goes on by itself. */
  waiting?: boolean;
  error?: string;
}

/** A file that broke off on its way, earlier. */
export interface BrokenFile {
  id: string;
  name: string;
  size: number;
  /** What has arrived of it, 0 to 1. */
  part: number;
}

const none: readonly BrokenFile[] = [];

/** Files to hand in: what has arrived, what is on its way, what went wrong; each can be removed. Photos can be turned and shrunk first. */
export function FileField({
  files,
  pending,
  broken = none,
  arrived,
  accept,
  maxFiles = 1,
  language,
  onAdd,
  onRemove,
  onCancel,
  onDismiss,
  onGiveUp,
  more,
  ...field
}: FieldProps & {
  files: UploadedFile[];
  pending: PendingFile[];
  broken?: readonly BrokenFile[] | undefined;
  /** Name of the file that has arrived last, to be read out. */
  arrived?: string | undefined;
  accept?: string | undefined;
  maxFiles?: number;
  language: string;
  onAdd: (files: File[]) => void;
  onRemove: (id: string) => void;
  onCancel?: (key: string) => void;
  onDismiss: (key: string) => void;
  onGiveUp?: (id: string) => void;
  /** Other ways to add a file. */
  more?: ReactNode;
}) {
  const t = useWords();
  const inputRef = useRef<HTMLInputElement>(null);
  const [withPhotos, setWithPhotos] = useState<readonly File[]>([]);
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current && withPhotos.length === 0) focusElement(inputRef.current); // the dialog is gone
    asked.current = withPhotos.length > 0;
  }, [withPhotos]);
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
          const taken = chosen.slice(0, Math.max(0, maxFiles - files.length));
          if (taken.some(isPhoto)) setWithPhotos(taken);
          else if (taken.length > 0) onAdd(taken);
        }}
      />
      {withPhotos.length > 0 && (
        <PhotoDialog
          files={withPhotos}
          language={language}
          onReady={(ready) => {
            setWithPhotos([]);
            onAdd(ready);
          }}
          onClose={() => setWithPhotos([])}
        />
      )}
      {more}
      <p className="pv-hidden" role="status">
        {[
          ...files.map((file) => file.check === "pending" && `${file.name} ${t("file.checking")}.`),
          ...pending.map((file) => spoken(file, t)),
          arrived !== undefined && t("file.arrived", { name: arrived }),
        ]
          .filter(Boolean)
          .join(" ")}
      </p>
      {(files.length > 0 || pending.length > 0 || broken.length > 0) && (
        <ul className="pv-files" aria-label={t("file.list")}>
          {files.map((file) => (
            <li key={file.id}>
              <span className="pv-files__name">
                {file.name} <span className="pv-muted pv-nowrap">({formatBytes(file.size, language)})</span>
                {file.origin !== undefined && (
                  <span className="pv-small pv-muted"> {t("file.fromSafe")}</span>
                )}
                {file.check === "pending" && <span className="pv-small pv-muted"> {t("file.checking")}</span>}
                {file.check === "refused" && (
                  <span className="kern-error" role="alert">
                    <Icon name="danger" />
                    <span className="kern-body">{t("file.harmful")}</span>
                  </span>
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
                <span className="pv-files__progress">
                  <progress
                    value={file.progress}
                    max={1}
                    aria-label={t("file.uploading", { name: file.name })}
                  />
                  <span className="pv-small pv-muted">
                    {file.waiting === true
                      ? t("file.waiting")
                      : file.progress === 1
                        ? t("file.takingOver")
                        : t("file.part", {
                            percent: percent(file.progress),
                            size: formatBytes(file.size, language),
                          })}
                  </span>
                  {onCancel !== undefined && (
                    <Button variant="tertiary" small onClick={() => remove(() => onCancel(file.key))}>
                      {t("cancel")} <span className="pv-hidden">{file.name}</span>
                    </Button>
                  )}
                </span>
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
          {broken.map((file) => (
            <li key={file.id}>
              <span className="pv-files__name">
                {file.name}{" "}
                <span className="pv-small pv-muted">
                  {t("file.broken", { percent: percent(file.part), size: formatBytes(file.size, language) })}
                </span>
              </span>
              <Button
                variant="tertiary"
                small
                icon="delete"
                onClick={() => remove(() => onGiveUp?.(file.id))}
              >
                {t("file.giveUp")} <span className="pv-hidden">{file.name}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </FieldFrame>
  );
}

const percent = (part: number) => Math.floor(part * 100);

/** What is read out of a file on its way: not each step, but each quarter of it. */
function spoken(file: PendingFile, t: Say): string | false {
  if (file.error !== undefined) return false; // an alert of its own
  if (file.waiting === true) return `${file.name}: ${t("file.waiting")}`;
  if (file.progress === 1) return `${file.name}: ${t("file.takingOver")}`;
  return t("file.spoken", { name: file.name, percent: Math.floor(file.progress * 4) * 25 });
}
