import { currentLanguage, useWords, type Say } from "../../../i18n";
import { formatMoney } from "../../../lib/money";
import { RichText } from "../../../ui/RichText";
import type { Fee } from "../api";
import type { TextLanguageOf } from "../textLanguages";

/** What a service costs, line by line. */
export function Fees({ fees, lang }: { fees: Fee[]; lang: TextLanguageOf }) {
  const t = useWords();
  return (
    <dl className="pv-facts pv-facts--plain">
      {fees.map((fee, index) => (
        // Two fees may have the same name.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={`${index} ${fee.label}`}>
          <dt lang={lang(`/fees/${index}/label`)}>{fee.label}</dt>
          <dd>
            <span>{amountOf(fee, t)}</span>
            {fee.basis !== undefined && (
              <p className="pv-small" lang={lang(`/fees/${index}/basis`)}>
                {fee.basis}
              </p>
            )}
            {fee.advance === true && <p className="pv-small">{t("catalog:service.advance")}</p>}
            {fee.note !== undefined && <RichText html={fee.note} lang={lang(`/fees/${index}/note`)} />}
            {fee.url !== undefined && (
              <p className="pv-small">
                <a href={fee.url} rel="noreferrer">
                  {t("catalog:service.feeExplained")}
                </a>
              </p>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const money = ({ amount, currency }: NonNullable<Fee["amount"]>) =>
  formatMoney(amount, currency, currentLanguage());

function amountOf({ kind, amount, max }: Fee, t: Say): string {
  if (kind === "free") return t("catalog:service.free");
  if (kind === "range" && amount && max) {
    return t("catalog:service.range", { from: money(amount), to: money(max) });
  }
  if (kind === "range" && amount) return t("catalog:service.from", { from: money(amount) });
  if (kind === "range" && max) return t("catalog:service.upTo", { to: money(max) });
  return amount ? money(amount) : t("catalog:service.rule");
}
