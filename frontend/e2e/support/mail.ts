import { expect, type APIRequestContext } from "@playwright/test";
import { association } from "./association";

interface Letter {
  subject: string;
  text: string;
}

/** Waits for a mail to an address with a subject, and answers its text. */
export async function mailTo(request: APIRequestContext, address: string, subject: RegExp): Promise<string> {
  const sent = async () => {
    const response = await request.get(`${association().mail}/api/mails`, { params: { to: address } });
    const { items } = (await response.json()) as { items: Letter[] };
    return items;
  };
  const subjects = async () => (await sent()).map((letter) => letter.subject).join("\n");
  await expect.poll(subjects, { message: `mail to ${address}` }).toMatch(subject);
  return (await sent()).find((letter) => subject.test(letter.subject))?.text ?? "";
}

/** The first web address in a text. */
export function linkIn(text: string): string {
  const link = /https?:\/\/\S+/.exec(text)?.[0];
  if (link === undefined) throw new Error(`no link in: ${text}`);
  return link;
}
