import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Combobox } from "../../../ui/fields/Combobox";
import { useDebounced } from "../../../ui/useDebounced";
import { suggestionsQuery } from "../api";
import { usePlace } from "../place";
import type { ResultSearch } from "./Filters";

/** One box for everything: suggestions lead to a service, Enter leads to the results, with the filters that were set. */
export function SearchBox({ initial = "", keep }: { initial?: string; keep?: ResultSearch }) {
  const t = useWords();
  const navigate = useNavigate();
  const place = usePlace();
  const [text, setText] = useState(initial);
  const typed = useDebounced(text.trim(), 120);
  const suggestions = useQuery(suggestionsQuery(typed, place?.ars));
  const asked = text.trim().length >= 2 && typed.length >= 2;
  const placeSearch = place ? { ars: place.ars } : {};
  const { q: _, ...others } = keep ?? {};
  const find = () => {
    const q = text.trim();
    void navigate({
      to: "/suche",
      search: { ...others, ...placeSearch, ...(q !== "" && { q }) },
    });
  };
  return (
    <form
      role="search"
      className="pv-search__box"
      onSubmit={(event) => {
        event.preventDefault();
        find();
      }}
    >
      <Combobox
        id="search"
        label={t("catalog:search.label")}
        hint={t("catalog:search.hint")}
        inputMode="search"
        value={text}
        onChange={setText}
        options={
          asked
            ? (suggestions.data?.items ?? []).map(({ serviceId, title }) => ({ id: serviceId, label: title }))
            : []
        }
        onChoose={(option) => {
          setText(option.label);
          void navigate({
            to: "/leistungen/$serviceId",
            params: { serviceId: option.id },
            search: placeSearch,
          });
        }}
      />
      <Button type="submit" icon="search">
        {t("catalog:search.submit")}
      </Button>
    </form>
  );
}
