import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useWords } from "../../../i18n";
import { ApiProblem } from "../../../api/problem";
import type { Answers, FormDefinition } from "../../../forms/definition";
import type { FormFiles } from "../../../forms/FormField";
import { useAutosave } from "../../../forms/useAutosave";
import { useSchemaForm } from "../../../forms/useSchemaForm";
import { toAnswers } from "../../../forms/validation";
import type { UploadedFile } from "../../../ui/fields/FileField";
import {
  checksQuery,
  deleteAttachment,
  endUpload,
  keepApplication,
  saveDraft,
  uploadAttachment,
  type VersionedApplication,
} from "../api";

/** A draft in work: its form, saving by itself, and its files. */
export function useDraft(draft: VersionedApplication, definition: FormDefinition) {
  const t = useWords();
  const queryClient = useQueryClient();
  const { id } = draft.data;
  const [initial] = useState(() => toAnswers(draft.data.data));
  const form = useSchemaForm(definition, initial);
  const etag = useRef(draft.etag);
  const step = useRef(draft.data.step);

  const { saved, flush, stop } = useAutosave<Answers>(form.answers, async (answers) => {
    const result = await saveDraft(id, etag.current, {
      data: answers,
      ...(step.current !== undefined && { step: step.current }),
    });
    etag.current = result.etag;
    keepApplication(queryClient, result);
  });

  const [known, setKnown] = useState<ReadonlyMap<string, UploadedFile>>(
    () => new Map(draft.data.attachments.map((file) => [file.id, file])),
  );
  const waiting = [...known.values()].filter((file) => file.check === "pending").map((file) => file.id);
  const { data: checked } = useQuery(checksQuery(id, waiting));
  const shown = useMemo(
    () => new Map([...known, ...(checked ?? []).map((file) => [file.id, file] as const)]),
    [known, checked],
  );
  const [uploads, setUploads] = useState(draft.data.uploads ?? []);
  const forgetUpload = (uploadId: string) =>
    setUploads((list) => list.filter((upload) => upload.id !== uploadId));
  const files: FormFiles = {
    known: shown,
    async upload(file, pointer, watch) {
      const attachment = await uploadAttachment(id, file, pointer, watch, uploads);
      setKnown((before) => new Map(before).set(attachment.id, attachment));
      forgetUpload(attachment.id);
      return attachment;
    },
    broken: uploads.map((upload) => ({ ...upload, part: upload.received / upload.size })),
    async giveUp(uploadId) {
      forgetUpload(uploadId);
      await endUpload(id, uploadId);
    },
    remove: (attachmentId) => deleteAttachment(id, attachmentId),
    explain: (error) =>
      error instanceof ApiProblem
        ? [error.message, error.detail].filter(Boolean).join(" ")
        : t("error.offlineTitle"),
  };
  return {
    form,
    files,
    /** Takes up a file that the portal holds now. */
    know(file: UploadedFile) {
      setKnown((before) => new Map(before).set(file.id, file));
    },
    saved,
    flush,
    stopSaving: stop,
    /** Key for submitting this version of the draft, the same after a lost reply or a reload. */
    submitKey: () => `submit-${id}-${etag.current.replaceAll(/[^A-Za-z0-9]/g, "")}`,
    rememberStep(name: string) {
      step.current = name;
    },
  };
}

export type Draft = ReturnType<typeof useDraft>;
