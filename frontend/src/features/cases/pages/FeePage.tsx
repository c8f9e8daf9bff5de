import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { reckonItem } from "../../../lib/feeItems";
import { formatMoney, parseCents } from "../../../lib/money";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button, LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { caseFeesQuery, caseQuery, setFee, type FeeToSet } from "../api";
import { FeeItemFields, fieldsOf, newItem, readItem, type TypedItem } from "../parts/FeeItemFields";

const route = getRouteApi("/desk/staff/mitarbeit/vorgaenge/$caseId/gebuehr");
const most = 20;

/** Where the clerk of a case sets its fee. */
export default function FeePage() {
  const t = useWords();
  const { caseId } = route.useParams();
  const { data: item } = useSuspenseQuery(caseQuery(caseId));
  const { data: fees } = useSuspenseQuery(caseFeesQuery(caseId));
  return (
    <Page narrow>
      <Breadcrumb
        items={[
          { id: "inbox", link: <Link to="/mitarbeit">{t("cases:inbox.title")}</Link> },
          {
            id: "case",
            link: (
              <Link to="/mitarbeit/vorgaenge/$caseId" params={{ caseId }}>
                {item.number}
              </Link>
            ),
          },
          { id: "this", link: t("cases:setFee.title") },
        ]}
      />
      <PageHeading title={t("cases:setFee.title")} />
      {fees.toSet === undefined ? (
        <EmptyState title={t("cases:setFee.nothing")}>
          <div>
            <LinkButton to="/mitarbeit/vorgaenge/$caseId" params={{ caseId }}>
              {t("cases:setFee.back")}
            </LinkButton>
          </div>
        </EmptyState>
      ) : (
        <FeeForm caseId={caseId} fee={fees.toSet} />
      )}
    </Page>
  );
}

function FeeForm({ caseId, fee }: { caseId: string; fee: FeeToSet }) {
  const t = useWords();
  const language = currentLanguage();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const status = useStatus();
  const errors = useFormErrors();
  const [items, setItems] = useState<TypedItem[]>(() => [newItem()]);
  const [reason, setReason] = useState("");
  const [basis, setBasis] = useState(fee.legalBasis ?? "");
  const money = (cents: number) => formatMoney(cents, "EUR", language);
  const range = { from: money(fee.range.from.amount), to: money(fee.range.to.amount) };
  const read = items.map((item) => readItem(item, language));
  const known = read.filter((item) => item !== undefined);
  const total =
    known.length === read.length ? known.reduce((sum, item) => sum + reckonItem(item).gross, 0) : undefined;
  const fits =
    total !== undefined && total >= Math.max(fee.range.from.amount, 1) && total <= fee.range.to.amount;
  const fields = {
    reason: "fee-reason",
    legalBasis: "fee-basis",
    items: "fee-0-unitAmount",
    ...fieldsOf(items),
  };
  const save = useAction(async (key) => {
    try {
      await setFee(caseId, key, {
        items: known.map((item, index) => ({ ...item, label: items[index]?.label.trim() ?? "" })),
        reason: reason.trim(),
        ...(basis.trim() !== "" && { legalBasis: basis.trim() }),
      });
    } catch (problem) {
      if (errors.showProblem(problem, fields)) return;
      throw problem;
    }
    status(t("cases:setFee.done"));
    await queryClient.invalidateQueries({ queryKey: caseFeesQuery(caseId).queryKey });
    await navigate({ to: "/mitarbeit/vorgaenge/$caseId", params: { caseId } });
  });
  const submit = () => {
    const wrong = items.flatMap((item, index) => [
      ...(item.label.trim() === ""
        ? [{ fieldId: `fee-${index}-label`, message: t("cases:setFee.labelMissing") }]
        : []),
      ...((parseCents(item.quantity, language) ?? 0) < 1
        ? [{ fieldId: `fee-${index}-quantity`, message: t("cases:setFee.quantityWrong") }]
        : []),
      ...((parseCents(item.unitAmount, language) ?? -1) < 0
        ? [{ fieldId: `fee-${index}-unitAmount`, message: t("cases:setFee.amountWrong") }]
        : []),
    ]);
    const fine = errors.show([
      ...wrong,
      ...(wrong.length === 0 && !fits
        ? [
            {
              fieldId: "fee-0-unitAmount",
              message: t("cases:setFee.sumWrong", { ...range, sum: money(total ?? 0) }),
            },
          ]
        : []),
      ...(reason.trim().length < 3
        ? [{ fieldId: fields.reason, message: t("cases:fees.reasonMissing") }]
        : []),
    ]);
    if (fine) save.run();
  };
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <p>{t("cases:setFee.text", { purpose: fee.purpose, ...range })}</p>
      {items.map((item, index) => (
        <FeeItemFields
          key={item.key}
          index={index}
          item={item}
          errors={errors}
          onChange={(next) => setItems(items.map((other) => (other.key === item.key ? next : other)))}
          {...(items.length > 1 && {
            onRemove: () => {
              setItems(items.filter((other) => other.key !== item.key));
              document.getElementById("fee-add")?.focus();
            },
          })}
        />
      ))}
      <div>
        <Button
          id="fee-add"
          variant="secondary"
          icon="add"
          onClick={() => {
            if (items.length < most) setItems([...items, newItem()]);
          }}
        >
          {t("cases:setFee.add")}
        </Button>
      </div>
      <p role="status" className="pv-strong">
        {total === undefined ? t("cases:setFee.sumUnknown") : t("cases:setFee.sum", { sum: money(total) })}
      </p>
      <TextArea
        id={fields.reason}
        label={t("cases:fees.reason")}
        hint={t("cases:fees.reasonHint")}
        error={errors.of(fields.reason)}
        maxLength={300}
        value={reason}
        onChange={setReason}
      />
      <TextField
        id={fields.legalBasis}
        label={t("cases:setFee.basis")}
        error={errors.of(fields.legalBasis)}
        optional
        input={{ autoComplete: "off" }}
        value={basis}
        onChange={setBasis}
      />
      {save.error !== undefined && <ErrorState error={save.error} />}
      <p className="pv-small pv-muted">{t("cases:setFee.final")}</p>
      <div className="pv-actions">
        <Button type="submit" busy={save.busy}>
          {t("cases:setFee.send")}
        </Button>
        <LinkButton variant="secondary" to="/mitarbeit/vorgaenge/$caseId" params={{ caseId }}>
          {t("common:cancel")}
        </LinkButton>
      </div>
    </form>
  );
}
