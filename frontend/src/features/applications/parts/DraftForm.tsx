import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import type { FormDefinition } from "../../../forms/definition";
import { FormStep } from "../../../forms/FormStep";
import { stepOf } from "../../../forms/layout";
import { asksForProfile } from "../../../forms/prefill";
import { currentLanguage, useWords } from "../../../i18n";
import { Button, LinkButton } from "../../../ui/Button";
import { Page } from "../../../ui/Page";
import type { VersionedApplication } from "../api";
import { AnotherDevice } from "./AnotherDevice";
import { DiscardButton } from "./DiscardButton";
import { PrefillOffer } from "./PrefillOffer";
import { ReviewStep } from "./ReviewStep";
import { SafeChoice } from "./SafeChoice";
import { SaveLine } from "./SaveLine";
import { useDraft } from "./useDraft";

const route = getRouteApi("/citizen/personal/antraege/$applicationId/bearbeiten");

/** Name of the last step, the summary, in the address. */
const reviewStep = "pruefen";

/** The form of a draft, one step at a time; the address says which. */
export function DraftForm({
  draft,
  definition,
}: {
  draft: VersionedApplication;
  definition: FormDefinition;
}) {
  const t = useWords();
  const { schritt } = route.useSearch();
  const navigate = route.useNavigate();
  const work = useDraft(draft, definition);
  const { form } = work;
  const { steps } = definition.layout;
  const wanted = schritt ?? draft.data.step;
  const step = stepOf(definition.layout, wanted);
  const index = step ? steps.indexOf(step) : 0;
  const goTo = (name: string) => navigate({ search: { schritt: name } });

  const { rememberStep } = work;
  const current = wanted === reviewStep ? reviewStep : step?.id;
  useEffect(() => {
    if (current !== undefined) rememberStep(current);
  });

  if (wanted === reviewStep || !step) {
    return <ReviewStep application={draft.data} work={work} onStep={(name) => void goTo(name)} />;
  }
  const next = () => {
    if (!form.check(step.id)) return;
    const following = steps[index + 1]?.id ?? reviewStep;
    rememberStep(following); // where who takes the draft up again goes on
    void work.flush();
    void goTo(following);
  };
  const previous = steps[index - 1];
  return (
    <Page narrow>
      <FormStep
        form={form}
        step={step}
        files={{
          ...work.files,
          fromElsewhere: (question) => (
            <SafeChoice
              application={draft.data}
              {...question}
              onChosen={(file) => {
                work.know(file);
                question.onChosen(file);
              }}
            />
          ),
        }}
        language={currentLanguage()}
        caption={draft.data.serviceTitle}
        before={
          index === 0 &&
          asksForProfile(definition.layout) && (
            <PrefillOffer form={form} serviceId={draft.data.serviceId} applicationId={draft.data.id} />
          )
        }
        onSubmit={next}
      >
        <div className="pv-stack pv-stack--medium">
          <div className="pv-actions">
            <Button type="submit">{t("common:next")}</Button>
            {previous && (
              <LinkButton
                to="/antraege/$applicationId/bearbeiten"
                params={{ applicationId: draft.data.id }}
                search={{ schritt: previous.id }}
                variant="secondary"
              >
                {t("common:back")}
              </LinkButton>
            )}
            <DiscardButton applicationId={draft.data.id} onDiscard={work.stopSaving} />
          </div>
          <SaveLine saved={work.saved} />
          <AnotherDevice applicationId={draft.data.id} save={work.flush} />
        </div>
      </FormStep>
    </Page>
  );
}
