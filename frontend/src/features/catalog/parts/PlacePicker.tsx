import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { ApiProblem, ConnectionProblem } from "../../../api/problem";
import { Button } from "../../../ui/Button";
import { Combobox, type ComboboxOption } from "../../../ui/fields/Combobox";
import { useDebounced } from "../../../ui/useDebounced";
import { placesQuery, type Place } from "../api";
import { rememberPlace } from "../place";

function toOption(place: Place): ComboboxOption {
  const codes = place.postalCodes.slice(0, 3).join(", ");
  const within = place.parents.find((parent) => parent.level === "kreis")?.name;
  return {
    id: place.ars,
    label: place.name,
    detail: [codes + (place.postalCodes.length > 3 ? " …" : ""), within].filter(Boolean).join(" · "),
  };
}

/**
 * Asks for the place by postal code or name. A postal code with several municipalities leads to a question back. What is
 * chosen is remembered on this device.
 */
export function PlacePicker({ id = "place", onChosen }: { id?: string; onChosen: (ars: string) => void }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const [several, setSeveral] = useState<Place[]>([]);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const typed = useDebounced(text.trim(), 150);
  const places = useQuery(placesQuery(typed));
  const options =
    text.trim().length >= 2 && typed.length >= 2 ? (places.data?.items ?? []).map(toOption) : [];

  const choose = (ars: string, name: string) => {
    setSeveral([]);
    setError(undefined);
    rememberPlace({ ars, name });
    onChosen(ars);
  };
  const submit = async () => {
    const q = text.trim();
    if (q.length < 2) {
      setError(t("catalog:place.empty"));
      return;
    }
    setBusy(true);
    try {
      const { items } = await queryClient.fetchQuery(placesQuery(q));
      const exact = items.filter(
        (place) => place.postalCodes.includes(q) || place.name.toLowerCase() === q.toLowerCase(),
      );
      const candidates = exact.length > 0 ? exact : items;
      const [first, second] = candidates;
      if (!first) setError(t("catalog:place.unknown", { text: q }));
      else if (second) {
        setError(undefined);
        setSeveral(candidates);
      } else choose(first.ars, first.name);
    } catch (problem) {
      if (problem instanceof ApiProblem) setError(problem.message);
      else if (problem instanceof ConnectionProblem) setError(t("common:error.offlineTitle"));
      else throw problem;
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="pv-stack pv-stack--medium">
      <form
        className="pv-search__box"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Combobox
          id={id}
          label={t("catalog:place.label")}
          hint={t("catalog:place.hint")}
          autoComplete="postal-code"
          error={error}
          value={text}
          onChange={(next) => {
            setText(next);
            setSeveral([]);
          }}
          options={options}
          onChoose={(option) => {
            setText(option.label);
            choose(option.id, option.label);
          }}
        />
        <Button type="submit" variant="secondary" icon="check" busy={busy}>
          {t("catalog:place.submit")}
        </Button>
      </form>
      <div role="status">
        {several.length > 0 && (
          <div className="pv-stack pv-stack--small">
            <p className="pv-strong">{t("catalog:place.several", { text: text.trim() })}</p>
            <ul className="pv-actions pv-bare">
              {several.map((place) => (
                <li key={place.ars}>
                  <Button variant="secondary" onClick={() => choose(place.ars, place.name)}>
                    {place.name}
                  </Button>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </div>
  );
}
