import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { defined } from "../../../lib/defined";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { TextField } from "../../../ui/fields/TextField";
import { Loading } from "../../../ui/Loading";
import { explanationQuery, type Hit } from "../api";
import { SearchDesk } from "../parts/SearchDesk";

const route = getRouteApi("/editors/redaktion/suche/erklaerung");

/** The id in an address of a service, or the id itself. */
const serviceIn = (text: string) =>
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/.exec(text.toLowerCase())?.[0];

/** Why a service stands where it does. */
export default function ExplanationPage() {
  const t = useWords();
  const navigate = route.useNavigate();
  const { q = "", leistung } = route.useSearch();
  const [words, setWords] = useState(q);
  const [service, setService] = useState(leistung ?? "");
  const explanation = useQuery(explanationQuery(q, leistung));
  const unread = service.trim() !== "" && serviceIn(service) === undefined;
  return (
    <SearchDesk title={t("search:why.title")} text={t("search:why.text")}>
      <form
        role="search"
        className="pv-stack pv-text"
        onSubmit={(event) => {
          event.preventDefault();
          if (unread) return;
          void navigate({
            search: defined({
              q: words.trim() === "" ? undefined : words.trim(),
              leistung: serviceIn(service),
            }),
          });
        }}
      >
        <TextField
          id="why-words"
          label={t("search:why.words")}
          hint={t("search:why.wordsHint")}
          value={words}
          onChange={setWords}
        />
        <TextField
          id="why-service"
          label={t("search:why.service")}
          hint={t("search:why.serviceHint")}
          optional
          value={service}
          onChange={setService}
          error={unread ? t("search:why.serviceUnread") : undefined}
        />
        <div>
          <Button type="submit" icon="search">
            {t("search:why.show")}
          </Button>
        </div>
      </form>
      {q !== "" && (
        <div className="pv-stack" aria-busy={explanation.isFetching}>
          {explanation.isPending && <Loading />}
          {explanation.isError && (
            <ErrorState error={explanation.error} onRetry={() => void explanation.refetch()} />
          )}
          {explanation.data && <Explained explanation={explanation.data} />}
        </div>
      )}
    </SearchDesk>
  );
}

const number = (value: number) =>
  new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: 2, minimumFractionDigits: 2 }).format(
    value,
  );

function Explained({ explanation }: { explanation: Schemas["SearchExplanation"] }) {
  const t = useWords();
  const { words, variants, items, asked, total, recognisedPlace } = explanation;
  return (
    <>
      <section className="pv-stack pv-stack--medium pv-text" aria-labelledby="understood">
        <h2 id="understood">{t("search:why.understood")}</h2>
        {recognisedPlace && <p>{t("search:why.place", { name: recognisedPlace.place.name })}</p>}
        <ul className="pv-bullets">
          {words.map(({ word, weight, known, services, parts }) => (
            <li key={word}>
              <strong>{word}</strong>:{" "}
              {known ? t("search:why.known", { count: services }) : t("search:why.unknown")}{" "}
              {t("search:why.weight", { weight: number(weight) })}
              {parts !== undefined && <> {t("search:why.parts", { parts: parts.join(" + ") })}</>}
            </li>
          ))}
        </ul>
        {variants.length > 1 && (
          <details className="pv-details">
            <summary>{t("search:why.variants", { count: variants.length })}</summary>
            <ul className="pv-bullets">
              {variants.map(({ words: put, factor }) => (
                <li key={put}>
                  {put} ({t("search:why.factor", { factor: number(factor) })})
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
      <section className="pv-stack pv-stack--medium" aria-labelledby="ranking">
        <h2 id="ranking">{t("search:why.ranking", { count: total })}</h2>
        {items.length === 0 && <EmptyState title={t("search:effect.nothing")} />}
        {items.length > 0 && <Ranking hits={items} label={t("search:why.table")} />}
        {asked && (
          <>
            <h3>{t("search:why.asked")}</h3>
            {asked.rank === undefined && <p>{t("search:why.notFound")}</p>}
            <Ranking hits={[asked]} label={t("search:why.askedTable")} />
          </>
        )}
        <p className="pv-small pv-muted pv-text">{t("search:why.legend")}</p>
      </section>
    </>
  );
}

function Ranking({ hits, label }: { hits: Hit[]; label: string }) {
  const t = useWords();
  return (
    // Scrolls sideways where it is too wide, also by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="pv-table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="pv-table">
        <thead>
          <tr>
            <th scope="col">{t("search:column.rank")}</th>
            <th scope="col">{t("search:column.service")}</th>
            <th scope="col">{t("search:column.variant")}</th>
            <th scope="col">{t("search:column.phrase")}</th>
            <th scope="col">{t("search:column.title")}</th>
            <th scope="col">{t("search:column.words")}</th>
            <th scope="col">{t("search:column.found")}</th>
            <th scope="col">{t("search:column.nearness")}</th>
            <th scope="col">{t("search:column.score")}</th>
          </tr>
        </thead>
        <tbody>
          {hits.map((hit) => (
            <tr key={hit.service.id}>
              <td>{hit.rank ?? "–"}</td>
              <th scope="row">
                <Link to="/leistungen/$serviceId" params={{ serviceId: hit.service.id }}>
                  {hit.service.title}
                </Link>
                <span className="pv-small pv-muted pv-block">{hit.portal}</span>
              </th>
              <td>{hit.variant === "" ? "–" : hit.variant}</td>
              <td>{number(hit.phrase)}</td>
              <td>{number(hit.title)}</td>
              <td>{number(hit.words)}</td>
              <td>{number(hit.found)}</td>
              <td className="pv-nowrap">× {number(hit.nearness)}</td>
              <td>
                <strong>{number(hit.score)}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
