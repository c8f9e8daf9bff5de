import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import type { BadgeKind } from "../../ui/Badge";
import type { Application } from "./api";

export type CoApplicant = Schemas["CoApplicant"];
export type CoApplicantState = Schemas["CoApplicantState"];
export type CoApplicantInvitation = Schemas["CoApplicantInvitation"];

/** Who makes an application together, and who has consented; `save` saves first what is not saved yet. */
export const coApplicantsQuery = (applicationId: string, save?: () => Promise<boolean>) =>
  queryOptions({
    queryKey: ["application", applicationId, "co-applicants"],
    queryFn: async () => {
      await save?.();
      return answer(
        api.GET("/api/v1/applications/{applicationId}/co-applicants", {
          params: { path: { applicationId } },
        }),
      );
    },
    staleTime: 0,
  });

export function inviteCoApplicant(
  applicationId: string,
  body: Schemas["NewCoApplicant"],
): Promise<CoApplicantInvitation> {
  return answer(
    api.POST("/api/v1/applications/{applicationId}/co-applicants", {
      params: { path: { applicationId } },
      body,
    }),
  );
}

export function remindCoApplicant(
  applicationId: string,
  coApplicantId: string,
): Promise<CoApplicantInvitation> {
  return answer(
    api.POST("/api/v1/applications/{applicationId}/co-applicants/{coApplicantId}/remind", {
      params: { path: { applicationId, coApplicantId } },
    }),
  );
}

export async function removeCoApplicant(applicationId: string, coApplicantId: string): Promise<void> {
  await answer(
    api.DELETE("/api/v1/applications/{applicationId}/co-applicants/{coApplicantId}", {
      params: { path: { applicationId, coApplicantId } },
    }),
  );
}

/** Consents to the content that the person has read, as its hash says. */
export function consentTo(applicationId: string, contentHash: string): Promise<Application> {
  return answer(
    api.POST("/api/v1/applications/{applicationId}/consent", {
      params: { path: { applicationId } },
      body: { contentHash },
    }),
  );
}

export function refuseConsent(applicationId: string): Promise<Application> {
  return answer(
    api.POST("/api/v1/applications/{applicationId}/refusal", { params: { path: { applicationId } } }),
  );
}

/** Takes part in a draft no longer. */
export async function leaveApplication(applicationId: string): Promise<void> {
  await answer(
    api.POST("/api/v1/applications/{applicationId}/leave", { params: { path: { applicationId } } }),
  );
}

/** What an invitation is for; by POST, since its token belongs in no address. */
export const applicationInvitationQuery = (token: string) =>
  queryOptions({
    queryKey: ["application-invitation", token],
    queryFn: () => answer(api.POST("/api/v1/application-invitations", { body: { token } })),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });

export function acceptInvitation(token: string): Promise<Schemas["AcceptedInvitation"]> {
  return answer(api.POST("/api/v1/application-invitations/accept", { body: { token } }));
}

export const coApplicantKinds: Record<CoApplicantState, BadgeKind> = {
  invited: "info",
  expired: "neutral",
  joined: "info",
  consented: "success",
  lapsed: "warning",
  refused: "danger",
};
