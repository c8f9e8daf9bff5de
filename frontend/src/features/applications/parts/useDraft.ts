import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Answers, FormDefinition } from "../../../forms/definition";
import { useAutosave } from "../../../forms/useAutosave";
import { useSchemaForm } from "../../../forms/useSchemaForm";
import { toAnswers } from "../../../forms/validation";
import { keepApplication, saveDraft, type VersionedApplication } from "../api";
import { useFiles } from "./useFiles";

/** A draft in work: its form, saving by itself, and its files. */
export function useDraft(draft: VersionedApplication, definition: FormDefinition) {
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

  const { files, know } = useFiles(id, draft.data.attachments, draft.data.uploads);
  return {
    form,
    files,
    /** Takes up a file that the portal holds now. */
    know,
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
