import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { uploadFile } from "../../api/upload";
import { defined } from "../../lib/defined";

export type PaymentRecord = Schemas["PaymentRecord"];
export type Refund = Schemas["Refund"];
export type Difference = Schemas["Difference"];
export type PaymentState = Schemas["PaymentState"];
export type Transfer = Schemas["Transfer"];
export type StatementImport = Schemas["StatementImport"];

const root = "/api/v1/treasury";

export const overviewQuery = queryOptions({
  queryKey: ["treasury", "overview"],
  queryFn: () => answer(api.GET(root)),
  staleTime: 0,
});

/** What a list of payments is narrowed to. */
export interface Wanted {
  owed?: boolean;
  state?: PaymentState;
  reference?: string;
}

export const paymentsQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["treasury", "payments", wanted],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${root}/payments`, { params: { query: { ...wanted, ...defined({ cursor: pageParam }) } } }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
  });

export const refundsQuery = queryOptions({
  queryKey: ["treasury", "refunds"],
  queryFn: async () => (await answer(api.GET(`${root}/refunds`))).items,
  staleTime: 0,
});

/** Days, both included (ISO 8601). */
export interface Period {
  from: string;
  to: string;
}

/** Payment services whose lists can be compared. */
export const servicesQuery = queryOptions({
  queryKey: ["treasury", "services"],
  queryFn: async () => (await answer(api.GET(`${root}/payment-services`))).items,
  staleTime: 0,
});

/** Compares with the list of a service; without one, of the configured one. */
export const reconciliationQuery = (period: Period, service: string | undefined) =>
  queryOptions({
    queryKey: ["treasury", "reconciliation", period, service],
    queryFn: () =>
      answer(
        api.GET(`${root}/reconciliation`, { params: { query: { ...period, ...defined({ service }) } } }),
      ),
    retry: false,
    staleTime: 0,
  });

export const closingsQuery = queryOptions({
  queryKey: ["treasury", "closings"],
  queryFn: async () => (await answer(api.GET(`${root}/closings`))).items,
  staleTime: 0,
});

/** Reads everything of the treasury anew: each act changes more than one list. */
export const readAnew = (client: QueryClient) => client.invalidateQueries({ queryKey: ["treasury"] });

const header = (key: string) => ({ "Idempotency-Key": key });

export const askRefund = (paymentId: string, key: string, amount: number, reason: string) =>
  answer(
    api.POST(`${root}/payments/{paymentId}/refunds`, {
      params: { path: { paymentId }, header: header(key) },
      body: { amount, reason },
    }),
  );

export const writeOff = (paymentId: string, key: string) =>
  answer(
    api.POST(`${root}/payments/{paymentId}/write-off`, {
      params: { path: { paymentId }, header: header(key) },
    }),
  );

export type RefundAct = "approve" | "execute" | "refuse";

export const endRefund = (refundId: string, act: RefundAct, key: string) =>
  answer(
    api.POST(`${root}/refunds/{refundId}/${act}`, { params: { path: { refundId }, header: header(key) } }),
  );

export const resolveDifference = (service: string | undefined, transactionId: string, key: string) =>
  answer(
    api.POST(`${root}/reconciliation/resolve`, {
      params: { header: header(key) },
      body: { transactionId, ...defined({ service }) },
    }),
  );

export const explainDifference = (
  service: string | undefined,
  { transactionId, kind, ours, theirs }: Difference,
  note: string,
  key: string,
) =>
  answer(
    api.POST(`${root}/reconciliation/explanations`, {
      params: { header: header(key) },
      body: {
        ...defined({ service }),
        transactionId,
        kind,
        ours: ours?.amount ?? 0,
        theirs: theirs?.amount ?? 0,
        note,
      },
    }),
  );

export const closeDay = (day: string, key: string) =>
  answer(api.POST(`${root}/closings`, { params: { header: header(key) }, body: { day } }));

export const statementsQuery = queryOptions({
  queryKey: ["treasury", "statements"],
  queryFn: () => answer(api.GET(`${root}/statements`)),
  staleTime: 0,
});

export const importStatement = (file: File) =>
  uploadFile<StatementImport>(
    `${root}/statements?${new URLSearchParams({ name: file.name.slice(0, 200) }).toString()}`,
    file,
    () => undefined,
  );

/** Money on the account; `open`: only that of which something has to be cleared up. */
export const transfersQuery = (open: boolean) =>
  infiniteQueryOptions({
    queryKey: ["treasury", "transfers", open],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${root}/transfers`, { params: { query: { open, ...defined({ cursor: pageParam }) } } }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
  });

const ofTransfer = (transferId: string, key: string) => ({ path: { transferId }, header: header(key) });

export const assignTransfer = (transferId: string, reference: string, key: string) =>
  answer(
    api.POST(`${root}/transfers/{transferId}/assign`, {
      params: ofTransfer(transferId, key),
      body: { reference },
    }),
  );

export const undoTransfer = (transferId: string, key: string) =>
  answer(api.POST(`${root}/transfers/{transferId}/undo`, { params: ofTransfer(transferId, key) }));

export const giveBackTransfer = (transferId: string, key: string) =>
  answer(api.POST(`${root}/transfers/{transferId}/give-back`, { params: ofTransfer(transferId, key) }));

export const exportAddress = ({ from, to }: Period) =>
  `${root}/export?${new URLSearchParams({ from, to }).toString()}`;
