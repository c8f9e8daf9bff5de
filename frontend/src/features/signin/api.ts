import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

/** A sign-in, with consent where needed, that a linked portal or provider asks for. */
export const requestQuery = (requestId: string) =>
  queryOptions({
    queryKey: ["signin-request", requestId],
    queryFn: () =>
      answer(api.GET("/api/v1/signin/requests/{requestId}", { params: { path: { requestId } } })),
    staleTime: 0,
  });

export function approveRequest(requestId: string): Promise<Schemas["Redirect"]> {
  return answer(api.POST("/api/v1/signin/requests/{requestId}/approve", { params: { path: { requestId } } }));
}

export function denyRequest(requestId: string): Promise<Schemas["Redirect"]> {
  return answer(api.POST("/api/v1/signin/requests/{requestId}/deny", { params: { path: { requestId } } }));
}

export function signIn(body: Schemas["SignIn"]): Promise<Schemas["Session"]> {
  return answer(api.POST("/api/v1/session", { body }));
}

export function registerAccount(body: Schemas["Registration"], key: string): Promise<Schemas["MailSent"]> {
  return answer(
    api.POST("/api/v1/account/registrations", { params: { header: { "Idempotency-Key": key } }, body }),
  );
}

export function confirmRegistration(token: string): Promise<Schemas["RegistrationConfirmed"]> {
  return answer(api.POST("/api/v1/account/registrations/confirm", { body: { token } }));
}

/** Has this device make the passkey of a new account without a password, and confirms its address with it. */
export async function registerPasskey(
  token: string,
  name: string,
): Promise<Schemas["RegistrationConfirmed"]> {
  const { ceremonyId, options } = await answer(
    api.POST("/api/v1/account/registrations/passkey-options", { body: { token } }),
  );
  const { createPasskey } = await import("../../lib/passkeys");
  const passkey = { ceremonyId, name, response: await createPasskey(options) };
  return answer(api.POST("/api/v1/account/registrations/confirm", { body: { token, passkey } }));
}

/** Has this device make a new passkey of an account whose passkeys are lost. */
export async function recoverAccount(token: string, recoveryCode: string, name: string): Promise<void> {
  const { ceremonyId, options } = await answer(
    api.POST("/api/v1/account/recoveries/passkey-options", { body: { token, recoveryCode } }),
  );
  const { createPasskey } = await import("../../lib/passkeys");
  const passkey = { ceremonyId, name, response: await createPasskey(options) };
  await answer(api.POST("/api/v1/account/recoveries", { body: { token, recoveryCode, passkey } }));
}

export function requestPasswordReset(email: string): Promise<Schemas["MailSent"]> {
  return answer(api.POST("/api/v1/account/password-resets", { body: { email } }));
}

export async function confirmPasswordReset(token: string, password: string): Promise<void> {
  await answer(api.POST("/api/v1/account/password-resets/confirm", { body: { token, password } }));
}

export function proveSecondFactor(body: Schemas["SecondFactorProof"]): Promise<Schemas["Session"]> {
  return answer(api.POST("/api/v1/session/second-factor", { body }));
}

export async function confirmEmailChange(token: string): Promise<void> {
  await answer(api.POST("/api/v1/account/email-changes/confirm", { body: { token } }));
}
