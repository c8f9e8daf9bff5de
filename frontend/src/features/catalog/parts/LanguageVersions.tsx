import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords, type Say } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import type { Service } from "../api";

/** German in Leichte Sprache, as BCP 47 writes it. */
const easy = "de-x-ls";

/** The name of a language in the language of the page, or how it names itself. */
function languageName(language: string, spoken: string, t: Say): string {
  if (language === easy) return t("catalog:language.easy");
  return new Intl.DisplayNames([spoken], { type: "language" }).of(language) ?? language;
}

/**
 * The languages that a description is there in, to choose from; and where it is not there in the language of the page, which one it
 * is shown in.
 */
export function LanguageVersions({ service }: { service: Service }) {
  const t = useWords();
  const page = currentLanguage();
  const { languages, language } = service;
  return (
    <>
      {languages.length > 1 && (
        <nav className="pv-languages pv-no-print" aria-label={t("catalog:language.title")}>
          <ul className="pv-chips">
            {languages.map((offered) => (
              <li key={offered} lang={offered === easy ? page : offered}>
                <Link
                  to="."
                  search={(before: object) => ({
                    ...before,
                    sprache: offered === page ? undefined : offered,
                  })}
                  replace
                  resetScroll={false}
                  className={offered === language ? "pv-chip pv-chip--set" : "pv-chip"}
                  activeProps={{ "aria-current": undefined }}
                  aria-current={offered === language ? "true" : undefined}
                >
                  {offered === easy && <Icon name="easy-language" />}
                  {languageName(offered, offered === easy ? page : offered, t)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {!languages.includes(page) && language.split("-")[0] !== page && (
        <p className="pv-small pv-muted">
          {t("catalog:language.only", { language: languageName(language, page, t) })}
        </p>
      )}
    </>
  );
}
