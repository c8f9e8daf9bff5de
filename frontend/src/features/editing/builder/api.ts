import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../../api/client";
import type { Answers, FormLayout, FormSchema, LocalText } from "../../../forms/definition";
import { defined } from "../../../lib/defined";

export type OwnForm = Schemas["OwnForm"];
export type Finding = Schemas["EditorialFinding"];
export type NewForm = Schemas["NewForm"];

/** A form without its id and version, as it is built. */
export interface FormContent {
  title: LocalText;
  schema: FormSchema;
  layout: FormLayout;
}

/** A form at the desk, and the revision that changes of it carry. */
export interface EditedForm {
  data: Omit<Schemas["EditedForm"], "content" | "released"> & {
    content: FormContent;
    released?: FormContent;
  };
  etag: string;
}

const root = "/api/v1/admin/forms";

export const ownFormsQuery = (q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["editing", "own-forms", q],
    queryFn: ({ pageParam }) =>
      answer(api.GET(root, { params: { query: defined({ q, cursor: pageParam, limit: 20 }) } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

/** Forms, here and at linked portals, of which a copy can be made. */
export const copiesQuery = queryOptions({
  queryKey: ["editing", "forms", "to-copy"],
  queryFn: () => answer(api.GET("/api/v1/admin/catalog/forms", { params: { query: { limit: 100 } } })),
  staleTime: 60_000,
});

// The contract's form and the renderer's are the same JSON; the renderer's is narrower in what a schema may hold.
const edited = async (call: Parameters<typeof answerWithETag<Schemas["EditedForm"]>>[0]) =>
  (await answerWithETag(call)) as EditedForm;
const at = (formId: string, etag: string) => ({
  params: { path: { formId }, header: { "If-Match": etag } },
});

export const editedFormQuery = (formId: string) =>
  queryOptions({
    queryKey: ["editing", "form", formId],
    queryFn: () => edited(api.GET(`${root}/{formId}`, { params: { path: { formId } } })),
    staleTime: 0,
  });

export type FormVersion = Schemas["FormVersion"];

export const formVersionsQuery = (formId: string) =>
  infiniteQueryOptions({
    queryKey: ["editing", "form-versions", formId],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${root}/{formId}/versions`, {
          params: { path: { formId }, query: defined({ cursor: pageParam, limit: 50 }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
  });

/** What was released as a version, which never changes. */
export const formVersionQuery = (formId: string, number: number) =>
  queryOptions({
    queryKey: ["editing", "form-version", formId, number],
    queryFn: async () =>
      (await answer(api.GET(`${root}/{formId}/versions/{number}`, { params: { path: { formId, number } } })))
        .content as FormContent,
    staleTime: Infinity,
  });

export const createForm = (body: NewForm, key: string) =>
  edited(api.POST(root, { params: { header: { "Idempotency-Key": key } }, body }));

/** Saves the working copy; `base` names the newest version, whose changes it has taken in. */
export const saveForm = (formId: string, etag: string, content: FormContent, base?: number) =>
  edited(
    api.PUT(`${root}/{formId}/draft`, {
      ...at(formId, etag),
      body: { content: content as Schemas["FormContent"], ...defined({ base }) },
    }),
  );

export const discardForm = (formId: string, etag: string) =>
  answer(api.DELETE(`${root}/{formId}/draft`, at(formId, etag)));

/** What is done with a form as it was read. */
export const formActs = {
  submit: (formId: string, etag: string, note: string) =>
    edited(api.POST(`${root}/{formId}/submit`, { ...at(formId, etag), body: { note } })),
  reopen: (formId: string, etag: string, note: string) =>
    edited(api.POST(`${root}/{formId}/reopen`, { ...at(formId, etag), body: { note } })),
  release: (formId: string, etag: string, note: string) =>
    edited(api.POST(`${root}/{formId}/release`, { ...at(formId, etag), body: { note } })),
  giveBack: (formId: string, etag: string, note: string) =>
    edited(api.POST(`${root}/{formId}/reopen`, { ...at(formId, etag), body: { note } })),
  withdraw: (formId: string, etag: string, note: string) =>
    edited(api.POST(`${root}/{formId}/withdraw`, { ...at(formId, etag), body: { note } })),
};

export const tryForm = (formId: string, data: Answers) =>
  answer(api.POST(`${root}/{formId}/draft/try`, { params: { path: { formId } }, body: { data } }));
