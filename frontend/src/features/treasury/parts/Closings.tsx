import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, formatDateTime, shiftDay, todayInGermany } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { closeDay, closingsQuery } from "../api";
import { useDone } from "./useDone";

/** Closes a day, and shows those that are closed. */
export function Closings() {
  const t = useWords();
  const language = currentLanguage();
  const done = useDone();
  const errors = useFormErrors();
  const closings = useQuery(closingsQuery);
  const [day, setDay] = useState(shiftDay(todayInGermany(), -1, "d"));
  const close = useAction(async (key) => {
    try {
      errors.show([]);
      await closeDay(day, key);
      await done(t("treasury:closing.done", { day: formatDate(day, language) }));
    } catch (problem) {
      if (!errors.showProblem(problem, { day: "closing-day" })) throw problem;
    }
  });
  const number = new Intl.NumberFormat(language);
  return (
    <section className="pv-stack">
      <h2>{t("treasury:closing.title")}</h2>
      <p>{t("treasury:closing.text")}</p>
      {close.error !== undefined && <ErrorState error={close.error} />}
      <form
        className="pv-row pv-row--bottom"
        onSubmit={(event) => {
          event.preventDefault();
          close.run();
        }}
      >
        <TextField
          id="closing-day"
          label={t("treasury:closing.day")}
          error={errors.of("closing-day")}
          width="medium"
          input={{ type: "date", required: true }}
          value={day}
          onChange={setDay}
        />
        <Button type="submit" variant="secondary" busy={close.busy}>
          {t("treasury:closing.button")}
        </Button>
      </form>
      {closings.isError && <ErrorState error={closings.error} onRetry={() => void closings.refetch()} />}
      {closings.data !== undefined && closings.data.length > 0 && (
        <div className="pv-fitting">
          <table className="pv-members pv-figures">
            <caption className="pv-hidden">{t("treasury:closing.closed")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("treasury:closing.closed")}</th>
                <th scope="col">{t("treasury:closing.bookings")}</th>
                <th scope="col">{t("treasury:closing.at")}</th>
              </tr>
            </thead>
            <tbody>
              {closings.data.map((closing) => (
                <tr key={closing.day}>
                  <th scope="row">{formatDate(closing.day, language)}</th>
                  <td>
                    <span className="pv-members__label" aria-hidden="true">
                      {t("treasury:closing.bookings")}
                    </span>
                    {number.format(closing.bookings)}
                  </td>
                  <td>
                    <span className="pv-members__label" aria-hidden="true">
                      {t("treasury:closing.at")}
                    </span>
                    {formatDateTime(closing.at, language)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
