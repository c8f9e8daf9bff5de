import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import { Combobox } from "../ui/fields/Combobox";
import type { FieldProps } from "../ui/fields/FieldParts";

/** A service, as far as one chooses it. */
export interface ChosenService {
  id: string;
  title: string;
}

/** Finds a service that this portal knows by typing; `onChoose` gets the one that is taken, and not what is only typed. */
export function ServiceField({
  value,
  onChange,
  onChoose,
  without,
  ...field
}: FieldProps & {
  value: string;
  onChange: (typed: string) => void;
  onChoose: (service: ChosenService) => void;
  without?: ChosenService[];
}) {
  const { data: found } = useQuery({
    queryKey: ["service-names", value],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/services/suggest", { params: { query: { q: value } }, signal })),
    enabled: value.trim().length >= 2,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
  const items = (found?.items ?? []).filter(
    (service) => without?.some((other) => other.id === service.serviceId) !== true,
  );
  return (
    <Combobox
      {...field}
      value={value}
      onChange={onChange}
      options={
        value.trim().length < 2
          ? []
          : items.map(({ serviceId, title, portal }) => ({
              id: serviceId,
              label: title,
              // Linked portals can have services of the same name.
              ...(portal !== undefined &&
                items.some((other) => other.title === title && other.serviceId !== serviceId) && {
                  detail: portal,
                }),
            }))
      }
      onChoose={(option) => onChoose({ id: option.id, title: option.label })}
    />
  );
}
