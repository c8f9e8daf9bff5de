import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Badge } from "../../../ui/Badge";
import type { ServiceSummary } from "../api";
import { Reasons } from "./Reasons";

/** A service in a list: what it is, who does it, whether one can apply online, and why it was found. */
export function ServiceItem({
  service,
  ars,
  level = 2,
  place,
}: {
  service: ServiceSummary;
  ars: string | undefined;
  /** Of its title, in the outline of the page. */
  level?: 2 | 3;
  /** The name of the place that the list is for. */
  place?: string | undefined;
}) {
  const t = useWords();
  const Title = level === 2 ? "h2" : "h3";
  return (
    <li className="pv-result">
      <Title className="pv-result__title">
        <Link
          to="/leistungen/$serviceId"
          params={{ serviceId: service.id }}
          search={ars === undefined ? {} : { ars }}
        >
          {service.title}
        </Link>
      </Title>
      <p>{service.teaser}</p>
      <p className="pv-row pv-small">
        {service.online && <Badge kind="success">{t("catalog:results.online")}</Badge>}
        <span className="pv-muted">
          {[service.authorityName, service.owner.name].filter(Boolean).join(" · ")}
        </span>
      </p>
      <Reasons reasons={service.reasons ?? []} place={place} />
    </li>
  );
}
