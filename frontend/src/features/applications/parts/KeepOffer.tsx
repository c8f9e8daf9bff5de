import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { newAnswers } from "../../../forms/prefill";
import type { SchemaForm } from "../../../forms/useSchemaForm";
import { useWords } from "../../../i18n";
import { Checkboxes } from "../../../ui/fields/ChoiceFields";
import { prefillQuery } from "../api";

type Item = Schemas["ProfileItem"];

/** Answers that the account does not have yet, and which of them the person wants to keep there. */
interface KeepOffer {
  home: string;
  items: Item[];
  ticked: string[];
  tick: (items: string[]) => void;
  /** What is to be kept; undefined for nothing. */
  chosen: Schemas["ProfilePart"] | undefined;
}

/** Compares answers with the account, where the person has let this portal read it for this service. */
export function useKeepOffer(form: SchemaForm, serviceId: string, enabled = true): KeepOffer {
  const prefill = useQuery({ ...prefillQuery(serviceId), throwOnError: false, enabled });
  const [ticked, tick] = useState<string[]>([]);
  const profile = prefill.data?.state === "available" ? prefill.data.profile : undefined;
  const fresh = profile ? newAnswers(form.definition.layout, form.toSend, { ...profile }) : {};
  const items = Object.keys(fresh) as Item[];
  const chosen = Object.fromEntries(Object.entries(fresh).filter(([item]) => ticked.includes(item)));
  return {
    home: prefill.data?.origin.name ?? "",
    items,
    ticked,
    tick,
    chosen: Object.keys(chosen).length > 0 ? chosen : undefined,
  };
}

/** Offers to keep new answers in the account, so that the next form has them. Nothing is ticked in advance. */
export function KeepOffer({ offer }: { offer: KeepOffer }) {
  const t = useWords();
  if (offer.items.length === 0) return null;
  return (
    <Checkboxes
      id="keep-answers"
      label={t("applications:keep.title", { home: offer.home })}
      hint={t("applications:keep.hint")}
      options={offer.items.map((item) => ({ value: item, label: t(`common:profileItem.${item}`) }))}
      value={offer.ticked}
      onChange={offer.tick}
    />
  );
}
