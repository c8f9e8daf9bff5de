import { useEffect, useRef, useState, type ReactNode } from "react";
import type { UploadProgress } from "../api/uploadInParts";
import type { FieldProps } from "../ui/fields/FieldParts";
import { FileField, type BrokenFile, type PendingFile, type UploadedFile } from "../ui/fields/FileField";

/** A question that can be answered with a file from elsewhere than the device. */
export interface FromElsewhere {
  pointer: string;
  /** Media types and extensions that it takes; all where there are none. */
  accept: readonly string[] | undefined;
  label: string;
  onChosen: (file: UploadedFile) => void;
}

/** What a form needs to take files; the form itself only keeps their ids. */
export interface FormFiles {
  /** Files that the portal holds for this form, by id. */
  known: ReadonlyMap<string, UploadedFile>;
  upload: (
    file: File,
    pointer: string,
    watch: { onProgress: (progress: UploadProgress) => void; signal: AbortSignal },
  ) => Promise<UploadedFile>;
  remove: (id: string) => Promise<void>;
  /** Uploads of earlier that broke off: they go on when the person chooses the same file again. */
  broken?: readonly (BrokenFile & { field: string })[];
  giveUp?: (id: string) => Promise<void>;
  /** Says in words why an upload failed. */
  explain: (error: unknown) => string;
  /** Offers files from elsewhere. */
  fromElsewhere?: (question: FromElsewhere) => ReactNode;
}

/** Files for one question, whose pointer they belong to: those that have arrived (`ids`), and those on their way. */
export function Uploads({
  pointer,
  called,
  ids,
  files,
  accept,
  maxFiles,
  language,
  onAdd,
  onRemove,
  onRunning,
  ...field
}: FieldProps & {
  pointer: string;
  /** The label as text. */
  called: string;
  ids: readonly string[];
  files: FormFiles;
  accept?: readonly string[] | undefined;
  maxFiles: number;
  language: string;
  onAdd: (id: string) => void;
  onRemove: (id: string) => void;
  /** Hears how many files are on their way. */
  onRunning?: (count: number) => void;
}) {
  const [pending, setPending] = useState<PendingFile[]>([]);
  const [arrived, setArrived] = useState<string>();
  const running = useRef(new Map<string, AbortController>());
  const count = pending.filter((file) => file.error === undefined).length;
  const tell = useRef(onRunning);
  useEffect(() => {
    tell.current = onRunning;
  });
  useEffect(() => tell.current?.(count), [count]);

  const upload = async (file: File): Promise<string | undefined> => {
    const key = crypto.randomUUID();
    const change = (patch: Partial<PendingFile>) =>
      setPending((list) => list.map((entry) => (entry.key === key ? { ...entry, ...patch } : entry)));
    const drop = () => setPending((list) => list.filter((entry) => entry.key !== key));
    const control = new AbortController();
    running.current.set(key, control);
    setArrived(undefined);
    setPending((list) => [...list, { key, name: file.name, size: file.size, progress: 0 }]);
    try {
      const uploaded = await files.upload(file, pointer, {
        onProgress: ({ part, waiting = false }) => change({ progress: part, waiting }),
        signal: control.signal,
      });
      drop();
      setArrived(uploaded.name);
      return uploaded.id;
    } catch (error) {
      if (control.signal.aborted) drop();
      else change({ error: files.explain(error) });
      return undefined;
    } finally {
      running.current.delete(key);
    }
  };
  const add = async (file: File) => {
    const id = await upload(file);
    if (id !== undefined) onAdd(id);
  };
  return (
    <FileField
      {...field}
      files={ids.map((id) => files.known.get(id) ?? { id, name: id, size: 0 })}
      pending={pending}
      arrived={arrived}
      broken={files.broken?.filter(
        (file) => file.field === pointer && !pending.some(({ name }) => name === file.name),
      )}
      onGiveUp={(id) => void files.giveUp?.(id)}
      onCancel={(key) => running.current.get(key)?.abort()}
      accept={accept?.join(",")}
      maxFiles={maxFiles}
      more={
        ids.length < maxFiles &&
        files.fromElsewhere?.({ pointer, accept, label: called, onChosen: (file) => onAdd(file.id) })
      }
      language={language}
      onAdd={(chosen) => void Promise.all(chosen.map(add))}
      onRemove={(id) => {
        onRemove(id);
        void files.remove(id);
      }}
      onDismiss={(key) => setPending((list) => list.filter((entry) => entry.key !== key))}
    />
  );
}
