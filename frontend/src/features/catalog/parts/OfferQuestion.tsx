import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { Button } from "../../../ui/Button";
import { answerOf, type Asker } from "../asker";

/** Asks what decides between several candidates; each answer can be chosen. */
export function OfferQuestion({
  question,
  onAnswer,
}: {
  question: Schemas["OfferQuestion"];
  onAnswer: (answer: Partial<Asker>) => void;
}) {
  const t = useWords();
  if (question.about === "office") return <p>{t("catalog:next.choose")}</p>;
  return (
    <div className="pv-stack pv-stack--small" role="group" aria-labelledby="offer-question">
      <p id="offer-question" className="pv-strong">
        {t(`offices:question.${question.about}`)}
      </p>
      <ul className="pv-actions pv-bare">
        {question.options.map((option) => {
          const said = answerOf(question.about, option);
          return (
            <li key={option.value}>
              {said ? (
                <Button variant="secondary" onClick={() => onAnswer(said)}>
                  {option.label}
                </Button>
              ) : (
                option.label
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** What the person has answered, with a way to take it back. */
export function Answered({ who, onAnswer }: { who: Asker; onAnswer: (answer: Partial<Asker>) => void }) {
  const t = useWords();
  const { audience, surname, age } = who;
  if (audience === undefined && surname === undefined && age === undefined) return null;
  const said = [
    audience !== undefined && t(`offices:answer.${audience}`),
    surname !== undefined &&
      t("offices:answer.surname", { letters: surname[0] + surname.slice(1).toLowerCase() }),
    age !== undefined && t("offices:answer.age", { age }),
  ].filter((part) => part !== false);
  return (
    <p className="pv-place">
      <span>{t("offices:answer.given", { answers: said.join(", ") })}</span>
      <button
        type="button"
        className="pv-tool pv-no-print"
        onClick={() => onAnswer({ audience: undefined, surname: undefined, age: undefined })}
      >
        {t("offices:answer.change")}
      </button>
    </p>
  );
}
