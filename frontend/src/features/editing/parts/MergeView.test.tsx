import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Schemas } from "../../../api/client";
import { portalQuery } from "../../../api/portal";
import { loadWords } from "../../../i18n";
import { MergeView } from "./MergeView";

test("what both have changed is to be chosen: who saves before is led to it, and nothing is saved", async () => {
  await loadWords("editing");
  const merged = vi.fn();
  const client = new QueryClient();
  client.setQueryData(portalQuery.queryKey, { name: "Stadt Meppen" } as Schemas["Portal"]);
  render(
    <QueryClientProvider client={client}>
      <MergeView
        title="Zwei Fassungen"
        text=""
        base={{ leikaKey: "1", trustLevel: "low" }}
        mine={{ leikaKey: "2", trustLevel: "low" }}
        theirs={{ leikaKey: "3", trustLevel: "high" }}
        theirsLabel="Andere Fassung"
        cancelLabel="Zurück"
        busy={false}
        onMerged={merged}
        onCancel={() => undefined}
      />
    </QueryClientProvider>,
  );
  const save = screen.getByRole("button", { name: "Zusammengeführt speichern" });
  await userEvent.click(save);
  expect(merged).not.toHaveBeenCalled();
  expect(screen.getByText("Bitte wählen Sie, was gelten soll.")).toBeVisible();
  const mine = screen.getByRole("radio", { name: /Ihre Fassung/ });
  expect(mine).toHaveFocus();
  await userEvent.click(mine);
  await userEvent.click(save);
  expect(merged).toHaveBeenCalledWith({ leikaKey: "2", trustLevel: "high" });
});
