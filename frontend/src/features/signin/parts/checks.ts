import type { Say } from "../../../i18n";
import type { SummarizedError } from "../../../ui/ErrorSummary";

/** Shortest password that the portal takes. */
const shortestPassword = 12;

/** What is wrong with a mail address at first sight; the portal looks closer. */
export function checkEmail(email: string, t: Say): SummarizedError[] {
  const value = email.trim();
  if (value === "") return [{ fieldId: "email", message: t("signin:emailMissing") }];
  return /^[^\s@]+@[^\s@]+$/.test(value) ? [] : [{ fieldId: "email", message: t("signin:emailWrong") }];
}

/** What is wrong with a new password at first sight: only its length counts. */
export function checkPassword(password: string, t: Say): SummarizedError[] {
  if (password === "") return [{ fieldId: "password", message: t("signin:passwordMissing") }];
  return [...password].length >= shortestPassword
    ? []
    : [{ fieldId: "password", message: t("signin:passwordShort") }];
}
