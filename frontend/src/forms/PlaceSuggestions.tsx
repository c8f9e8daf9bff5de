import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import { useWords } from "../i18n";
import { useDebounced } from "../ui/useDebounced";
import type { FieldLayout, FormLayout } from "./definition";
import { pointer, pointerParts, readAt } from "./pointers";
import type { SchemaForm } from "./useSchemaForm";

/** The municipality's name as it stands in addresses: "Meppen", not "Meppen, Stadt". */
const townName = (name: string) => name.split(",")[0] ?? name;

/** The questions of one object that are asked together: a step, or an item of a group. */
function siblingsOf(layout: FormLayout, at: string): FieldLayout[] {
  const [stepId, ...rest] = pointerParts(at);
  let fields = layout.steps.find(({ id }) => id === stepId)?.fields ?? [];
  for (let depth = 0; depth + 2 < rest.length; depth += 2) {
    fields = fields.find(({ name }) => name === rest[depth])?.fields ?? [];
  }
  return fields;
}

const text = (value: unknown) => (typeof value === "string" ? value.trim() : "");

/**
 * Offers the towns of a postal code, or the postal codes of a town, under the question for the town: a suggestion, for what was
 * typed may be right as well. Only for addresses in Germany: without a question for the country, or with the answer DE.
 */
export function PlaceSuggestions({ form, at }: { form: SchemaForm; at: string }) {
  const t = useWords();
  const parent = pointer(...pointerParts(at).slice(0, -1));
  const siblings = siblingsOf(form.definition.layout, at);
  const named = (token: string) => {
    const name = siblings.find(({ autocomplete }) => autocomplete === token)?.name;
    return name === undefined ? undefined : parent + pointer(name);
  };
  const [codeAt, countryAt] = [named("postal-code"), named("country")];
  const code = codeAt === undefined ? "" : text(readAt(form.answers, codeAt));
  const town = text(readAt(form.answers, at));
  const abroad = countryAt !== undefined && text(readAt(form.answers, countryAt)) !== "DE";
  const byCode = /^\d{5}$/.test(code);
  const asked = useDebounced(byCode ? code : code === "" && town.length > 2 ? town : "", 300);
  const { data } = useQuery({
    queryKey: ["places", "address", asked],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/places", { params: { query: { q: asked, limit: 10 } }, signal })),
    enabled: asked !== "" && !abroad && codeAt !== undefined,
    staleTime: Infinity,
    retry: false,
  });
  if (codeAt === undefined || abroad || !data || asked !== (byCode ? code : town)) return null;
  const choices = data.items.flatMap((place) => {
    const name = townName(place.name);
    if (byCode) return place.postalCodes.includes(code) ? [{ name, code }] : [];
    return name.toLowerCase() === town.toLowerCase()
      ? place.postalCodes.map((found) => ({ name, code: found }))
      : [];
  });
  const distinct = choices.filter(
    (one, index) =>
      choices.findIndex((other) => other.name === one.name && other.code === one.code) === index,
  );
  if (
    distinct.length === 0 ||
    (byCode && distinct.some(({ name }) => name.toLowerCase() === town.toLowerCase()))
  ) {
    return null;
  }
  return (
    <div className="pv-suggestions" role="group" aria-label={t("forms:suggestions")}>
      <span>
        {byCode ? t("forms:placesFor", { postalCode: code }) : t("forms:postalCodesFor", { city: town })}
      </span>
      {distinct.slice(0, 6).map((choice) => (
        <button
          key={`${choice.name} ${choice.code}`}
          type="button"
          className="pv-suggestions__choice"
          onClick={() => {
            if (byCode) form.set(at, choice.name);
            else form.set(codeAt, choice.code);
            document
              .querySelector<HTMLElement>(
                `#${CSS.escape(`field-${pointerParts(byCode ? at : codeAt).join("-")}`)}`,
              )
              ?.focus();
          }}
        >
          {byCode ? choice.name : choice.code}
        </button>
      ))}
    </div>
  );
}
