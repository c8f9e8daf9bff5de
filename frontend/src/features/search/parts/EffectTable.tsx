import { useWords } from "../../../i18n";
import type { Effect } from "../api";

/** What is found first for each of the words, before and after. */
export function EffectTable({ effects }: { effects: Effect[] }) {
  const t = useWords();
  return (
    <div className="pv-stack">
      {effects.map(({ words, before, after }) => {
        const known = new Set(before.map(({ id }) => id));
        return (
          <section key={words} className="pv-effect" aria-label={t("search:effect.of", { words })}>
            <h3>„{words}“</h3>
            <div>
              <h4>{t("search:effect.before")}</h4>
              <Found list={before} />
            </div>
            <div>
              <h4>{t("search:effect.after")}</h4>
              <Found list={after} isNew={(id) => !known.has(id)} />
            </div>
          </section>
        );
      })}
    </div>
  );
}

function Found({ list, isNew }: { list: Effect["before"]; isNew?: (id: string) => boolean }) {
  const t = useWords();
  if (list.length === 0) return <p className="pv-muted">{t("search:effect.nothing")}</p>;
  return (
    <ol>
      {list.map(({ id, title }) => (
        <li key={id}>
          {title}
          {isNew?.(id) === true && <strong className="pv-small"> {t("search:effect.new")}</strong>}
        </li>
      ))}
    </ol>
  );
}
