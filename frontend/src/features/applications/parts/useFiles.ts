import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ApiProblem } from "../../../api/problem";
import type { FormFiles } from "../../../forms/Uploads";
import { useWords } from "../../../i18n";
import type { UploadedFile } from "../../../ui/fields/FileField";
import {
  checksQuery,
  deleteAttachment,
  endUpload,
  uploadAttachment,
  type Attachment,
  type UnfinishedUpload,
} from "../api";

/** Files of an application that are not sent yet: what the portal holds of them, and what broke off on its way. */
export function useFiles(
  applicationId: string,
  attachments: readonly Attachment[],
  unfinished: readonly UnfinishedUpload[] = [],
): { files: FormFiles; know: (file: UploadedFile) => void } {
  const t = useWords();
  const [known, setKnown] = useState<ReadonlyMap<string, UploadedFile>>(
    () => new Map(attachments.map((file) => [file.id, file])),
  );
  const waiting = [...known.values()].filter((file) => file.check === "pending").map((file) => file.id);
  const { data: checked } = useQuery(checksQuery(applicationId, waiting));
  const shown = useMemo(
    () => new Map([...known, ...(checked ?? []).map((file) => [file.id, file] as const)]),
    [known, checked],
  );
  const [uploads, setUploads] = useState(unfinished);
  const forgetUpload = (uploadId: string) =>
    setUploads((list) => list.filter((upload) => upload.id !== uploadId));
  /** Takes up a file that the portal holds now. */
  const know = (file: UploadedFile) => setKnown((before) => new Map(before).set(file.id, file));
  const files: FormFiles = {
    known: shown,
    async upload(file, pointer, watch) {
      const attachment = await uploadAttachment(applicationId, file, pointer, watch, uploads);
      know(attachment);
      forgetUpload(attachment.id);
      return attachment;
    },
    broken: uploads.map((upload) => ({ ...upload, part: upload.received / upload.size })),
    async giveUp(uploadId) {
      forgetUpload(uploadId);
      await endUpload(applicationId, uploadId);
    },
    remove: (attachmentId) => deleteAttachment(applicationId, attachmentId),
    explain: (error) =>
      error instanceof ApiProblem
        ? [error.message, error.detail].filter(Boolean).join(" ")
        : t("error.offlineTitle"),
  };
  return { files, know };
}
