import {
  startAuthentication,
  startRegistration,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";

/** What the portal gives and takes in a passkey ceremony: JSON of Web Authentication. */
export type CeremonyData = Record<string, unknown>;

/** The person closed the browser's dialog, or let it run out: nothing to complain about. */
export class PasskeyCancelled extends Error {
  constructor(cause: unknown) {
    super("passkey dialog closed", { cause });
    this.name = "PasskeyCancelled";
  }
}

/** Has the device make a passkey. */
export function createPasskey(options: CeremonyData): Promise<CeremonyData> {
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  return ceremony(startRegistration({ optionsJSON }));
}

/** Has the device sign with a passkey. */
export function signWithPasskey(options: CeremonyData): Promise<CeremonyData> {
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  return ceremony(startAuthentication({ optionsJSON }));
}

async function ceremony(under: Promise<object>): Promise<CeremonyData> {
  try {
    return (await under) as CeremonyData;
  } catch (error) {
    if (error instanceof Error && ["NotAllowedError", "AbortError"].includes(error.name)) {
      throw new PasskeyCancelled(error);
    }
    throw error;
  }
}
