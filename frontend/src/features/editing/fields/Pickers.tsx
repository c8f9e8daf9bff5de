import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldId, readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Select } from "../../../ui/fields/ChoiceFields";
import { Combobox } from "../../../ui/fields/Combobox";
import { useStatus } from "../../../ui/Status";
import { useDebounced } from "../../../ui/useDebounced";
import {
  areaQuery,
  areasQuery,
  entriesQuery,
  entryQuery,
  formsQuery,
  situationsQuery,
  type Content,
  type EntryKind,
} from "../api";
import { errorAt, useEditor } from "../content/context";

interface PickerProps {
  at: string;
  label: string;
  hint?: string;
  optional?: boolean;
}

/** Another entry of this portal, found by a part of its title. */
export function EntryPicker({ at, kind, ...field }: PickerProps & { kind: EntryKind }) {
  const t = useWords();
  const editor = useEditor();
  const chosen = readAt(editor.content, at);
  const id = typeof chosen === "string" ? chosen : "";
  const known = useQuery({ ...entryQuery({ kind, id }), enabled: id !== "" });
  const [typed, setTyped] = useState<string>();
  const words = useDebounced(typed ?? "", 200);
  const found = useInfiniteQuery({
    ...entriesQuery({ kind, q: words }, 10),
    enabled: words.trim().length >= 2,
  });
  const title = id === "" ? "" : (known.data?.data.title ?? (known.isError ? id : "…"));
  return (
    <div className="pv-stack pv-stack--small">
      <Combobox
        {...field}
        id={fieldId(at)}
        hint={field.hint ?? t("editing:picker.entryHint")}
        error={errorAt(editor, at)}
        value={typed ?? title}
        onChange={setTyped}
        options={
          typed === undefined
            ? []
            : (found.data?.pages[0]?.items ?? []).map((item) => ({ id: item.id, label: item.title }))
        }
        onChoose={(option) => {
          editor.set(at, option.id);
          setTyped(undefined);
        }}
      />
      {id !== "" && field.optional === true && (
        <div>
          <Button variant="tertiary" small icon="close" onClick={() => editor.set(at, undefined)}>
            {t("editing:picker.none")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** A form by which one can apply, of this portal or of a linked one. */
export function FormPicker({ at, ...field }: PickerProps) {
  const t = useWords();
  const editor = useEditor();
  const chosen = readAt(editor.content, at);
  const id = typeof chosen === "string" ? chosen : "";
  const known = useQuery(formsQuery(id));
  const [typed, setTyped] = useState<string>();
  const words = useDebounced((typed ?? "").trim(), 200);
  const found = useQuery({ ...formsQuery(words), enabled: words.length >= 2 });
  const form = known.data?.items.find((item) => item.id === id);
  const title = id === "" ? "" : (form?.title ?? (known.isPending ? "…" : id));
  return (
    <Combobox
      {...field}
      id={fieldId(at)}
      hint={field.hint ?? t("editing:picker.entryHint")}
      error={errorAt(editor, at)}
      value={typed ?? title}
      onChange={setTyped}
      options={
        typed === undefined
          ? []
          : (found.data?.items ?? []).map((item) => ({
              id: item.id,
              label: item.title,
              detail: t(item.own ? "editing:picker.formOwn" : "editing:picker.formLinked", {
                version: item.version,
              }),
            }))
      }
      onChoose={(option) => {
        editor.set(at, option.id);
        setTyped(undefined);
      }}
    />
  );
}

/** Takes address and title over from an online service that is there already. */
export function OnlineServiceTaker({ at }: { at: string }) {
  const t = useWords();
  const editor = useEditor();
  const status = useStatus();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState("");
  const words = useDebounced(typed.trim(), 200);
  const found = useInfiniteQuery({
    ...entriesQuery({ kind: "onlineService", q: words }, 10),
    enabled: words.length >= 2,
  });
  const take = async (id: string) => {
    const { data } = await queryClient.fetchQuery(entryQuery({ kind: "onlineService", id }));
    const service = data.content as Content;
    editor.set(`${at}/url`, readAt(service, "/links/0/url"));
    editor.set(`${at}/title`, readAt(service, "/title"));
    setTyped("");
    status(t("editing:picker.taken", { title: data.title }));
    document.getElementById(fieldId(`${at}/url`))?.focus();
  };
  return (
    <Combobox
      id={`${fieldId(at)}-take`}
      label={t("editing:picker.takeOnline")}
      hint={t("editing:picker.takeOnlineHint")}
      optional
      value={typed}
      onChange={setTyped}
      options={
        typed === ""
          ? []
          : (found.data?.pages[0]?.items ?? []).map((item) => ({ id: item.id, label: item.title }))
      }
      onChoose={(option) => void take(option.id)}
    />
  );
}

/** The life situation that another one is a part of. */
export function SituationPicker({ at, ...field }: PickerProps) {
  const editor = useEditor();
  const situations = useQuery(situationsQuery);
  const value = readAt(editor.content, at);
  const chosen = typeof value === "string" ? value : "";
  const own = readAt(editor.content, "/id");
  const known = (situations.data?.items ?? [])
    .filter((item) => item.id !== own)
    .map((item) => ({ value: item.id, label: item.title }));
  const options = known.some((item) => item.value === chosen)
    ? known
    : [...known, ...(chosen === "" ? [] : [{ value: chosen, label: chosen }])];
  return (
    <Select
      {...field}
      id={fieldId(at)}
      error={errorAt(editor, at)}
      options={options}
      value={chosen}
      onChange={(id) => editor.set(at, id === "" ? undefined : id)}
    />
  );
}

const padded = (ars: string) => ars.padEnd(12, "0");

/** What an area is called, with its key. */
export function AreaName({ ars }: { ars: string }) {
  const known = useQuery(areaQuery(padded(ars)));
  return <>{known.data ? `${known.data.name} (${ars})` : ars}</>;
}

/** An area: a municipality, a county, a Land or the whole country, by name, postal code or Regionalschlüssel. */
export function AreaPicker({ at, ...field }: PickerProps) {
  const t = useWords();
  const editor = useEditor();
  const value = readAt(editor.content, at);
  const ars = typeof value === "string" ? value : "";
  const known = useQuery(areaQuery(padded(ars)));
  const [typed, setTyped] = useState<string>();
  const options = useAreas(typed ?? "");
  const title = ars === "" ? "" : known.data ? `${known.data.name} (${ars})` : ars;
  return (
    <Combobox
      {...field}
      id={fieldId(at)}
      hint={field.hint ?? t("editing:picker.areaHint")}
      error={errorAt(editor, at)}
      value={typed ?? title}
      onChange={(text) => {
        setTyped(text);
        if (/^\d{2,12}$/.test(text.trim())) editor.set(at, text.trim());
      }}
      options={typed === undefined ? [] : options}
      onChoose={(option) => {
        editor.set(at, option.id);
        setTyped(undefined);
      }}
    />
  );
}

/** Several areas. */
export function AreasPicker({ at, ...field }: PickerProps) {
  const t = useWords();
  const editor = useEditor();
  const value = readAt(editor.content, at);
  const list = Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  const [typed, setTyped] = useState("");
  const options = useAreas(typed);
  const id = fieldId(at);
  return (
    <div className="pv-stack pv-stack--small">
      <Combobox
        {...field}
        id={id}
        hint={field.hint ?? t("editing:picker.areaHint")}
        error={errorAt(editor, at)}
        value={typed}
        onChange={setTyped}
        options={typed === "" ? [] : options.filter((option) => !list.includes(option.id))}
        onChoose={(option) => {
          editor.set(at, [...list, option.id]);
          setTyped("");
        }}
      />
      {list.length > 0 && (
        <ul className="pv-files" aria-label={t("editing:picker.areas")}>
          {list.map((ars) => (
            <li key={ars}>
              <span className="pv-files__name">
                <AreaName ars={ars} />
              </span>
              <Button
                variant="tertiary"
                small
                icon="delete"
                onClick={() => {
                  const rest = list.filter((other) => other !== ars);
                  editor.set(at, rest.length === 0 ? undefined : rest);
                  document.getElementById(id)?.focus();
                }}
              >
                {t("editing:list.remove")} <span className="pv-hidden">{ars}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function useAreas(typed: string) {
  const t = useWords();
  const words = useDebounced(typed, 200);
  const found = useQuery(areasQuery(words));
  const country = { id: "000000000000", label: t("editing:picker.country"), detail: "000000000000" };
  const places = (found.data?.items ?? []).map((place) => ({
    id: place.ars,
    label: place.name,
    detail: [place.ars, ...place.parents.map((parent) => parent.name)].join(" · "),
  }));
  // Places above the municipality come with those that are in them.
  const above = (found.data?.items ?? []).flatMap((place) => place.parents);
  for (const parent of above) {
    const there = places.some((place) => place.id === parent.ars);
    if (!there) places.push({ id: parent.ars, label: parent.name, detail: parent.ars });
  }
  if (country.label.toLowerCase().startsWith(typed.trim().toLowerCase()) && typed.trim() !== "") {
    places.push(country);
  }
  return places;
}
