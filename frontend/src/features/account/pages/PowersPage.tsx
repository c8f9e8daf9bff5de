import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Power } from "../../../api/acting";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { AccountFrame } from "../parts/AccountFrame";
import { powersQuery, scopeWords, stateKinds } from "../powers";

/** Powers of attorney that the person has granted, and those that they hold. */
export default function PowersPage() {
  const t = useWords();
  return (
    <AccountFrame title={t("powers:title")}>
      <Powers />
    </AccountFrame>
  );
}

function Powers() {
  const t = useWords();
  const { data } = useSuspenseQuery(powersQuery);
  const sides = [
    { side: "granted", title: t("powers:granted"), none: t("powers:grantedNone") },
    { side: "received", title: t("powers:received"), none: t("powers:receivedNone") },
  ] as const;
  return (
    <>
      <p>{t("powers:intro")}</p>
      <div>
        <LinkButton to="/vollmachten/neu" icon="add">
          {t("powers:new")}
        </LinkButton>
      </div>
      {sides.map(({ side, title, none }) => {
        const items = data.items.filter((power) => power.side === side);
        return (
          <section key={side} className="pv-stack pv-stack--medium" aria-labelledby={`powers-${side}`}>
            <h2 id={`powers-${side}`}>{title}</h2>
            {items.length === 0 ? (
              <EmptyState title={none} />
            ) : (
              <ul className="pv-list">
                {items.map((power) => (
                  <PowerItem key={power.id} power={power} />
                ))}
              </ul>
            )}
          </section>
        );
      })}
      <p className="pv-small pv-muted">{t("powers:law")}</p>
    </>
  );
}

function PowerItem({ power }: { power: Power }) {
  const t = useWords();
  const helps = power.kind === "help";
  const title =
    power.side === "granted"
      ? t(helps ? "powers:toHelp" : "powers:to", { name: power.representative })
      : t(helps ? "powers:fromHelp" : "powers:from", { name: power.principal });
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between pv-row--top">
        <h3 className="pv-card-title">
          <Link to="/vollmachten/$powerId" params={{ powerId: power.id }}>
            {title}
          </Link>
        </h3>
        <Badge kind={stateKinds[power.state]}>{t(`powers:state.${power.state}`)}</Badge>
      </div>
      <p>{t("powers:scopeAnd", { list: scopeWords(power) })}</p>
      <p className="pv-small pv-muted">
        {t(`powers:kind.${power.kind}`)} ·{" "}
        {t("powers:until", { date: formatDate(power.validUntil, currentLanguage()) })}
      </p>
    </li>
  );
}
