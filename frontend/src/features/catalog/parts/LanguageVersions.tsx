import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import type { Service } from "../api";
import { easy, languageName } from "../languages";

/** The languages that a description is there in, to choose from. Leichte Sprache is one of them. */
export function LanguageVersions({ service }: { service: Service }) {
  const t = useWords();
  const page = currentLanguage();
  const { languages, language } = service;
  if (languages.length < 2) return null;
  return (
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
  );
}
