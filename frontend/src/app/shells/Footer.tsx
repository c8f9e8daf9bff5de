import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useWords } from "../../i18n";
import { portalQuery } from "../../api/portal";

/** What the law wants on every page, help, and the other portals of the association. */
export function Footer() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  return (
    <footer className="pv-footer">
      <div className="pv-page pv-footer__body">
        <nav aria-labelledby="footer-about">
          <h2 id="footer-about">{t("footer.about")}</h2>
          <ul>
            <li>
              <Link to="/impressum">{t("footer.imprint")}</Link>
            </li>
            <li>
              <Link to="/datenschutz">{t("footer.privacy")}</Link>
            </li>
            <li>
              <Link to="/barrierefreiheit">{t("footer.accessibility")}</Link>
            </li>
            <li>
              <a href="/docs">{t("footer.source")}</a>
            </li>
            <li>
              <Link to="/mitarbeit">{t("footer.staff")}</Link>
            </li>
          </ul>
        </nav>
        {portal.association.members.length > 0 && (
          <nav aria-labelledby="footer-members">
            <h2 id="footer-members">{t("footer.members", { name: portal.association.name })}</h2>
            <ul>
              {portal.association.members.map((member) => (
                <li key={member.id}>
                  <a href={member.url} aria-current={member.id === portal.id ? "true" : undefined}>
                    {member.name}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )}
        {portal.helpEmail !== undefined && (
          <div>
            <h2>{t("footer.help")}</h2>
            <p>
              {t("footer.helpText")} <a href={`mailto:${portal.helpEmail}`}>{portal.helpEmail}</a>
            </p>
          </div>
        )}
      </div>
    </footer>
  );
}
