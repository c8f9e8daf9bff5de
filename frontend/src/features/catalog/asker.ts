import { useState } from "react";
import type { Schemas } from "../../api/client";
import { defined } from "../../lib/defined";
import type { Audience } from "./api";

/** What a person has said about themselves, to find who is competent. */
export interface Asker {
  audience?: Audience | undefined;
  /** First letters. */
  surname?: string | undefined;
  /** In years. */
  age?: number | undefined;
}

/** How addresses name audiences. */
const names = {
  citizen: "privat",
  business: "unternehmen",
  administration: "behoerde",
} as const satisfies Record<Audience, string>;

export type AudienceName = (typeof names)[Audience];

export const audienceName = (audience: Audience | undefined): AudienceName | undefined =>
  audience && names[audience];

export function audienceNamed(name: AudienceName | undefined): Audience | undefined {
  return (Object.keys(names) as Audience[]).find((audience) => names[audience] === name);
}

/** The part of what a question asks for that an option answers; undefined where it can't be asked again with it. */
export function answerOf(
  about: Schemas["OfferQuestion"]["about"],
  option: Schemas["OfferQuestionOption"],
): Partial<Asker> | undefined {
  switch (about) {
    case "audience": {
      const audience = option.value as Audience;
      return audience in names ? { audience } : undefined;
    }
    case "surname":
      return { surname: option.value };
    case "age":
      return { age: Number(option.value) };
    case "office":
      return undefined;
  }
}

/**
 * Who asks: the audience stands in the address, so that it can be passed on. Letters of the name and age are kept by the page
 * only, since they belong into no address.
 */
export function useAsker(
  fuer: AudienceName | undefined,
  setAudience: (fuer: AudienceName | undefined) => void,
): { who: Asker; say: (answer: Partial<Asker>) => void } {
  const [own, setOwn] = useState<Pick<Asker, "surname" | "age">>({});
  return {
    who: defined({ ...own, audience: audienceNamed(fuer) }),
    say: (answer) => {
      if ("audience" in answer) setAudience(audienceName(answer.audience));
      const { audience: _, ...rest } = answer;
      setOwn((before) => ({ ...before, ...rest }));
    },
  };
}
