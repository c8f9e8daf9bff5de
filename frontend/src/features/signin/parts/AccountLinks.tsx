import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";

/** Ways on for those who cannot sign in yet. */
export function AccountLinks({ requestId }: { requestId?: string }) {
  const t = useWords();
  return (
    <ul className="pv-bare pv-stack pv-stack--small">
      <li>
        {t("signin:noAccount")}{" "}
        <Link to="/registrieren" search={requestId === undefined ? {} : { request: requestId }}>
          {t("signin:register.link")}
        </Link>
      </li>
      <li>
        <Link to="/passwort-vergessen">{t("signin:forgotten.link")}</Link>
      </li>
    </ul>
  );
}
