import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { defined } from "../../lib/defined";

export type Provider = Schemas["ConnectedProvider"];
export type DeliveryHead = Schemas["DeliveryHead"];
export type DeliveryState = Schemas["DeliveryState"];

/** By which way deliveries go. */
export type Way = "webhook" | "fitConnect" | "mail";

export const wayOf = (provider: Provider): Way =>
  provider.fitConnect !== undefined ? "fitConnect" : provider.mail !== undefined ? "mail" : "webhook";

const fitConnectFaults = ["unreachable", "tooSlow", "redirected", "refused", "failed"] as const;
const mailFaults = [
  "unreachable",
  "tooSlow",
  "refused",
  "badKey",
  "keyRevoked",
  "keyUnknown",
  "tooLarge",
] as const;

/** Which words say why an attempt failed. */
export const faultWords = (fault: NonNullable<DeliveryHead["fault"]>, way: Way) => {
  const byFitConnect = way === "fitConnect" ? fitConnectFaults.find((known) => known === fault) : undefined;
  if (byFitConnect !== undefined) return `administration:fitConnect.fault.${byFitConnect}` as const;
  const byMail = way === "mail" ? mailFaults.find((known) => known === fault) : undefined;
  if (byMail !== undefined) return `administration:mail.fault.${byMail}` as const;
  return `administration:providers.fault.${fault}` as const;
};

const root = "/api/v1/admin/providers";

/** How often what providers do is looked at, in ms. */
export const lookEvery = 10_000;

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: () => answer(api.GET(root)),
  staleTime: 0,
  refetchInterval: lookEvery,
});

/** Deliveries of a provider in a state, or of all, the newest first. */
export const deliveriesQuery = (providerId: string, state: DeliveryState | undefined) =>
  infiniteQueryOptions({
    queryKey: ["deliveries", providerId, state],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${root}/{providerId}/deliveries`, {
          params: { path: { providerId }, query: defined({ state, cursor: pageParam }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: 5000,
  });

export const testProvider = (providerId: string, key: string): Promise<DeliveryHead> =>
  answer(
    api.POST(`${root}/{providerId}/tests`, {
      params: { path: { providerId }, header: { "Idempotency-Key": key } },
    }),
  );

export const replayDelivery = (deliveryId: string): Promise<DeliveryHead> =>
  answer(api.POST("/api/v1/admin/deliveries/{deliveryId}/replay", { params: { path: { deliveryId } } }));

/** Pushes go to another address; without one the provider fetches. */
export const setProviderAddress = (providerId: string, deliveryUrl: string): Promise<Provider> =>
  answer(
    api.PUT(`${root}/{providerId}/address`, {
      params: { path: { providerId } },
      body: deliveryUrl === "" ? {} : { deliveryUrl },
    }),
  );

/** Client id and secret of the sender at FIT-Connect; the secret is never given again. */
export const setFitConnectCredentials = (
  providerId: string,
  credentials: Schemas["FitConnectCredentials"],
): Promise<Provider> =>
  answer(
    api.PUT(`${root}/{providerId}/fit-connect-credentials`, {
      params: { path: { providerId } },
      body: credentials,
    }),
  );

/** Makes another webhook secret, which is in this answer only. */
export const replaceWebhookSecret = (
  providerId: string,
  key: string,
  overlapHours: number,
): Promise<Schemas["WebhookSecret"]> =>
  answer(
    api.POST(`${root}/{providerId}/webhook-secrets`, {
      params: { path: { providerId }, header: { "Idempotency-Key": key } },
      body: { overlapHours },
    }),
  );
