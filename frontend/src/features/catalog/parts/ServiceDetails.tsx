import type { ReactNode } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatMoney } from "../../../lib/money";
import { RichText } from "../../../ui/RichText";
import type { Fee, Service } from "../api";

/** Everything else about a service; what the catalog does not know is left out, except for cost and documents. */
export function ServiceDetails({ service }: { service: Service }) {
  const t = useWords();
  const { description, requirements, procedure, processingTime } = service;
  return (
    <div className="pv-stack pv-stack--large pv-service__details">
      <Part title={t("catalog:service.fees")}>
        {service.fees.length === 0 ? <p>{t("catalog:service.noFees")}</p> : <Fees fees={service.fees} />}
      </Part>
      <Part title={t("catalog:service.documents")}>
        {service.documents.length === 0 ? (
          <p>{t("catalog:service.noDocuments")}</p>
        ) : (
          <ul className="pv-bullets">
            {service.documents.map((document) => (
              <li key={document.title}>
                <span className="pv-strong">{document.title}</span>
                {!document.required && ` ${t("catalog:service.ifAvailable")}`}
                {document.note !== undefined && <RichText html={document.note} />}
              </li>
            ))}
          </ul>
        )}
      </Part>
      {(processingTime !== undefined || service.deadlines.length > 0) && (
        <Part title={t("catalog:service.time")}>
          {processingTime !== undefined && <RichText html={processingTime.text} />}
          {service.deadlines.length > 0 && (
            <ul className="pv-bullets">
              {service.deadlines.map((deadline) => (
                <li key={deadline.text}>
                  <RichText html={deadline.text} />
                </li>
              ))}
            </ul>
          )}
        </Part>
      )}
      {requirements !== undefined && (
        <Part title={t("catalog:service.requirements")}>
          <RichText html={requirements} />
        </Part>
      )}
      {procedure !== undefined && (
        <Part title={t("catalog:service.procedure")}>
          <RichText html={procedure} />
        </Part>
      )}
      {description !== undefined && (
        <Part title={t("catalog:service.description")}>
          <RichText html={description} />
        </Part>
      )}
      {service.legalBasis.length > 0 && (
        <Part title={t("catalog:service.law")}>
          <ul className="pv-bullets">
            {service.legalBasis.map((basis) => (
              <li key={basis.title}>
                {basis.url === undefined ? (
                  basis.title
                ) : (
                  <a href={basis.url} rel="noreferrer">
                    {basis.title}
                  </a>
                )}
              </li>
            ))}
          </ul>
        </Part>
      )}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Fees({ fees }: { fees: Fee[] }) {
  const t = useWords();
  const language = currentLanguage();
  const money = (value: Fee["amount"]) => (value ? formatMoney(value.amount, value.currency, language) : "");
  const amount = (fee: Fee) => {
    if (fee.kind === "free") return t("catalog:service.free");
    if (fee.kind === "range")
      return t("catalog:service.range", { from: money(fee.amount), to: money(fee.max) });
    return money(fee.amount);
  };
  return (
    <dl className="pv-facts pv-facts--plain">
      {fees.map((fee) => (
        <div key={fee.label}>
          <dt>{fee.label}</dt>
          <dd>
            {amount(fee)}
            {fee.note !== undefined && <RichText html={fee.note} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
