import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import type { Power } from "../../api/acting";
import type { BadgeKind } from "../../ui/Badge";

export const powersQuery = queryOptions({
  queryKey: ["powers"],
  queryFn: () => answer(api.GET("/api/v1/account/powers")),
  staleTime: 0,
});

export const powerQuery = (powerId: string) =>
  queryOptions({
    queryKey: ["powers", powerId],
    queryFn: () => answer(api.GET("/api/v1/account/powers/{powerId}", { params: { path: { powerId } } })),
    staleTime: 0,
  });

export function grantPower(body: Schemas["NewPower"]): Promise<Power> {
  return answer(api.POST("/api/v1/account/powers", { body }));
}

export function confirmPower(powerId: string): Promise<Power> {
  return answer(api.POST("/api/v1/account/powers/{powerId}/confirm", { params: { path: { powerId } } }));
}

export async function endPower(powerId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/account/powers/{powerId}", { params: { path: { powerId } } }));
}

/** What an invitation is about; by POST, since its token belongs in no address. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ["power-invitation", token],
    queryFn: () => answer(api.POST("/api/v1/account/power-invitations", { body: { token } })),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });

export function acceptPower(token: string): Promise<Power> {
  return answer(api.POST("/api/v1/account/power-invitations/accept", { body: { token } }));
}

export async function declinePower(token: string): Promise<void> {
  await answer(api.POST("/api/v1/account/power-invitations/decline", { body: { token } }));
}

export const groupsQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: () => answer(api.GET("/api/v1/categories")),
  staleTime: 5 * 60_000,
});

export const stateKinds: Record<Power["state"], BadgeKind> = {
  invited: "info",
  accepted: "warning",
  active: "success",
  declined: "neutral",
  withdrawn: "neutral",
  expired: "neutral",
};

/** Whether a power has not ended. */
export const lasts = (power: Power) => ["invited", "accepted", "active"].includes(power.state);

/** What a power is about, as words. */
export const scopeWords = (power: Power) =>
  [...power.services, ...power.groups].map((scope) => scope.title).join(", ");
