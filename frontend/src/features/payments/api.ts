import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

export type Payment = Schemas["Payment"];

export const paymentsQuery = infiniteQueryOptions({
  queryKey: ["payments"],
  queryFn: ({ pageParam }) =>
    answer(
      api.GET("/api/v1/payments", {
        params: { query: pageParam === undefined ? {} : { cursor: pageParam } },
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
  staleTime: 0,
});

export const paymentQuery = (paymentId: string) =>
  queryOptions({
    queryKey: ["payment", paymentId],
    queryFn: () => answer(api.GET("/api/v1/payments/{paymentId}", { params: { path: { paymentId } } })),
    staleTime: 0,
  });

export function startPayment(paymentId: string, key: string): Promise<Payment> {
  return answer(
    api.POST("/api/v1/payments/{paymentId}/start", {
      params: { path: { paymentId }, header: { "Idempotency-Key": key } },
    }),
  );
}

/** Has the payment service asked whether it is paid; the events tell what it said. */
export async function checkPayment(paymentId: string): Promise<void> {
  await answer(api.POST("/api/v1/payments/{paymentId}/check", { params: { path: { paymentId } } }));
}
