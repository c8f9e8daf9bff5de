import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

export type PaymentService = Schemas["PaymentService"];

const root = "/api/v1/admin/payment-services";

export const paymentServicesQuery = queryOptions({
  queryKey: ["paymentServices"],
  queryFn: () => answer(api.GET(root)),
  staleTime: 0,
});

/** Sets the service of the portal or of an organisational unit; the secret is never given again. */
export const setPaymentService = (body: Schemas["PaymentServiceRequest"]): Promise<PaymentService> =>
  answer(api.PUT(root, { body }));

const of = (paymentServiceId: string) => ({ params: { path: { paymentServiceId } } });

export async function endPaymentService(id: string): Promise<void> {
  await answer(api.DELETE(`${root}/{paymentServiceId}`, of(id)));
}

export const checkPaymentService = (id: string): Promise<Schemas["PaymentServiceCheck"]> =>
  answer(api.POST(`${root}/{paymentServiceId}/check`, of(id)));
