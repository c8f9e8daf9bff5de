import type { Schemas } from "../api/client";

/** How the state of a payment looks. */
export function paymentBadge(state: Schemas["PaymentState"]): "info" | "success" | "warning" | "danger" {
  switch (state) {
    case "paid":
    case "refunded":
      return "success";
    case "failed":
      return "danger";
    case "created":
    case "cancelled":
    case "expired":
      return "warning";
    default:
      return "info";
  }
}

/** Whether a fee is owed: asked for, and not paid. */
export function isOwed(state: Schemas["PaymentState"]): boolean {
  return ["created", "started", "failed", "cancelled", "expired"].includes(state);
}
