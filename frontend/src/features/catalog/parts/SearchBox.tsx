import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { useWords, type Say } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Combobox, type ComboboxOption } from "../../../ui/fields/Combobox";
import { useDebounced } from "../../../ui/useDebounced";
import { suggestionsQuery } from "../api";
import { usePlace } from "../place";
import type { ResultSearch } from "./Filters";

type Suggestions = Schemas["SearchSuggestionList"];

/** What a suggestion is, in the words beside it; services without a place of their own need none. */
function detailOf(t: Say, { kind, detail }: Suggestions["items"][number], place: string | undefined) {
  switch (kind) {
    case "service":
      return place === undefined ? undefined : t("catalog:suggestion.inPlace", { place });
    case "office":
      return [t("catalog:suggestion.office"), detail].filter(Boolean).join(" · ");
    case "situation":
      return t("catalog:suggestion.situation");
    case "query":
      return t("catalog:suggestion.query");
  }
}

const toOptions = (t: Say, { items, recognisedPlace }: Suggestions): ComboboxOption[] =>
  items.map((item) => {
    const detail = detailOf(t, item, recognisedPlace?.place.name);
    return {
      id: `${item.kind} ${item.id ?? item.title}`,
      label: item.title,
      ...(detail !== undefined && { detail }),
    };
  });

/** One box for everything: suggestions lead where they say, Enter leads to the results, with the filters that were set. */
export function SearchBox({ initial = "", keep }: { initial?: string; keep?: ResultSearch }) {
  const t = useWords();
  const navigate = useNavigate();
  const place = usePlace();
  const [text, setText] = useState(initial);
  const typed = useDebounced(text.trim(), 120);
  const { data: suggestions } = useQuery(suggestionsQuery(typed, place?.ars));
  const asked = text.trim().length >= 2 && typed.length >= 2;
  const placeSearch = place ? { ars: place.ars } : {};
  const { q: _, art: __, genau: ___, ...others } = keep ?? {};
  const find = (words: string) => {
    const q = words.trim();
    void navigate({
      to: "/suche",
      search: { ...others, ...placeSearch, ...(q !== "" && { q }) },
    });
  };
  const follow = ({ kind, id = "", title }: Suggestions["items"][number]) => {
    const recognised = suggestions?.recognisedPlace?.place.ars;
    const search = recognised === undefined ? placeSearch : { ars: recognised };
    switch (kind) {
      case "service":
        return void navigate({ to: "/leistungen/$serviceId", params: { serviceId: id }, search });
      case "situation":
        return void navigate({ to: "/lebenslagen/$categoryId", params: { categoryId: id }, search });
      case "office":
        return void navigate({ to: "/stellen/$organisationId", params: { organisationId: id } });
      case "query":
        return find(title);
    }
  };
  return (
    <form
      role="search"
      className="pv-search__box"
      onSubmit={(event) => {
        event.preventDefault();
        find(text);
      }}
    >
      <Combobox
        id="search"
        label={t("catalog:search.label")}
        hint={t("catalog:search.hint")}
        inputMode="search"
        value={text}
        onChange={setText}
        options={asked && suggestions ? toOptions(t, suggestions) : []}
        onChoose={(option) => {
          const item = suggestions?.items.find(
            ({ kind, id, title }) => `${kind} ${id ?? title}` === option.id,
          );
          if (!item) return;
          setText(option.label);
          follow(item);
        }}
      />
      <Button type="submit" icon="search">
        {t("catalog:search.submit")}
      </Button>
    </form>
  );
}
