import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Badge } from "../../../ui/Badge";
import type { ServiceSummary } from "../api";

/** A service in a list: what it is, who does it, whether one can apply online. */
export function ServiceItem({ service, ars }: { service: ServiceSummary; ars: string | undefined }) {
  const t = useWords();
  return (
    <li className="pv-result">
      <h2 className="pv-result__title">
        <Link
          to="/leistungen/$serviceId"
          params={{ serviceId: service.id }}
          search={ars === undefined ? {} : { ars }}
        >
          {service.title}
        </Link>
      </h2>
      <p>{service.teaser}</p>
      <p className="pv-row pv-small">
        {service.online && <Badge kind="success">{t("catalog:results.online")}</Badge>}
        <span className="pv-muted">
          {[service.authorityName, service.owner.name].filter(Boolean).join(" · ")}
        </span>
      </p>
    </li>
  );
}
