import type { Page } from "@playwright/test";

/** A device that keeps passkeys and verifies the person, until it is lost. */
export interface Device {
  lose: () => Promise<void>;
}

/** Gives the browser a device that keeps passkeys. A browser has one such device at a time. */
export async function addDevice(page: Page): Promise<Device> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async lose() {
      await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
      await devtools.detach();
    },
  };
}
