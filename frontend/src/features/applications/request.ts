import { corrected } from "../../forms/corrections";
import type { Answers } from "../../forms/definition";
import { toAnswers } from "../../forms/validation";
import type { Application, TimelineEvent } from "./api";

type Requested = NonNullable<TimelineEvent["requested"]>;

/** What is still to be sent of what an authority has asked for. */
export interface OpenRequest {
  question: TimelineEvent;
  documents: Requested["documents"];
  fields: Requested["fields"];
}

/** The field of files for a document that was asked for. */
export const fieldOf = (document: { id: string }) => `#${document.id}`;

/** What is still to be sent of what the last question that wants more than words asks for. */
export function openRequest(application: Application): OpenRequest | undefined {
  const { state, timeline } = application;
  const index = timeline.findLastIndex(
    ({ kind, requested }) => kind === "question" && (state === "question" || hasMore(requested)), // one without ends what came before, while it waits
  );
  const question = timeline[index];
  if (question?.requested === undefined || !hasMore(question.requested)) return undefined;
  const sent = timeline.slice(index + 1);
  const documents = question.requested.documents.filter(
    (document) => !sent.some((event) => event.attachments?.some((file) => file.field === fieldOf(document))),
  );
  const fields = question.requested.fields.filter(
    (field) => !sent.some((event) => event.values?.some(({ pointer }) => pointer === field)),
  );
  return documents.length + fields.length > 0 ? { question, documents, fields } : undefined;
}

function hasMore(requested: Requested | undefined): boolean {
  return requested !== undefined && requested.documents.length + requested.fields.length > 0;
}

/** The answers as they stand now: what was submitted, as far as it is here, and what was corrected since. */
export function answersNow(application: Application): ReturnType<typeof corrected> {
  const submitted: Answers = application.contentKept ? toAnswers(application.data) : {};
  return corrected(submitted, application.timeline);
}
