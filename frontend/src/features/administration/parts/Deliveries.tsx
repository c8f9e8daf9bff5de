import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { Select } from "../../../ui/fields/ChoiceFields";
import { LoadMore } from "../../../ui/LoadMore";
import { Loading } from "../../../ui/Loading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { deliveriesQuery, replayDelivery, type DeliveryHead, type DeliveryState } from "../providers";
import { submissionFacts } from "./FitConnect";
import { PushAnswer } from "./PushAnswer";

const states: DeliveryState[] = ["pending", "delivered", "parked", "finished", "cancelled"];

const kinds = {
  pending: "info",
  delivered: "success",
  finished: "success",
  parked: "danger",
  cancelled: "warning",
} as const;

/** The deliveries of a provider, to be narrowed by their state. */
export function Deliveries({
  providerId,
  onReplayed,
}: {
  providerId: string;
  onReplayed: () => Promise<void>;
}) {
  const t = useWords();
  const [state, setState] = useState<DeliveryState>();
  const found = useInfiniteQuery(deliveriesQuery(providerId, state));
  const items = found.data?.pages.flatMap((page) => page.items);
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="deliveries">
      <h2 id="deliveries">{t("administration:deliveries.title")}</h2>
      <Select
        id="state"
        label={t("administration:deliveries.filter")}
        options={[
          { value: "all", label: t("administration:deliveries.all") },
          ...states.map((value) => ({ value, label: t(`administration:deliveries.state.${value}`) })),
        ]}
        value={state ?? "all"}
        onChange={(value) => setState(states.find((known) => known === value))}
      />
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {items === undefined && !found.isError && <Loading />}
      {items?.length === 0 && <EmptyState title={t("administration:deliveries.none")} />}
      <ul className="pv-list">
        {items?.map((item) => (
          <DeliveryItem key={item.id} item={item} onReplayed={onReplayed} />
        ))}
      </ul>
      {found.hasNextPage && (
        <div>
          <LoadMore busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()} />
        </div>
      )}
    </section>
  );
}

function DeliveryItem({ item, onReplayed }: { item: DeliveryHead; onReplayed: () => Promise<void> }) {
  const t = useWords();
  const language = currentLanguage();
  const facts = [
    {
      id: "created",
      label: t("administration:deliveries.created"),
      value: formatDateTime(item.createdAt, language),
    },
    ...(item.deliveredAt === undefined
      ? []
      : [
          {
            id: "delivered",
            label: t("administration:deliveries.deliveredAt"),
            value: formatDateTime(item.deliveredAt, language),
          },
        ]),
    ...(item.reference === undefined || item.submission !== undefined
      ? []
      : [{ id: "reference", label: t("administration:deliveries.reference"), value: item.reference }]),
    ...(item.refusedFiles === undefined
      ? []
      : [
          {
            id: "refused",
            label: t("administration:deliveries.refusedFiles"),
            value: t("administration:deliveries.refusedFilesText", { count: item.refusedFiles }),
          },
        ]),
    ...(item.attempts === 0
      ? []
      : [{ id: "attempts", label: t("administration:deliveries.attempts"), value: item.attempts }]),
    ...(item.submission === undefined ? [] : submissionFacts(t, item.submission)),
  ];
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between">
        <h3 className="pv-card-title">
          <span className="pv-number">{item.number}</span> · {item.serviceTitle}
        </h3>
        <Badge kind={kinds[item.state]}>
          {t(
            item.state !== "delivered"
              ? `administration:deliveries.state.${item.state}`
              : item.submission !== undefined
                ? "administration:fitConnect.delivered"
                : item.byMail === true
                  ? "administration:mail.delivered"
                  : "administration:deliveries.state.delivered",
          )}
        </Badge>
      </div>
      <PushAnswer item={item} />
      <Facts items={facts} />
      {item.state !== "finished" &&
        item.state !== "cancelled" &&
        !(item.submission !== undefined && item.state === "delivered") && (
          <Replay item={item} onReplayed={onReplayed} />
        )}
    </li>
  );
}

/** Delivers again, after a question. */
function Replay({ item, onReplayed }: { item: DeliveryHead; onReplayed: () => Promise<void> }) {
  const t = useWords();
  const status = useStatus();
  const [open, setOpen] = useState(false);
  const again = useAction(async () => {
    await replayDelivery(item.id);
    setOpen(false);
    status(t("administration:deliveries.replayed", { number: item.number }));
    await onReplayed();
  });
  return (
    <div className="pv-actions">
      <Button variant="secondary" small onClick={() => setOpen(true)}>
        {t("administration:deliveries.replay")}
        <span className="pv-hidden">: {item.number}</span>
      </Button>
      <Dialog
        open={open}
        title={t("administration:deliveries.replayTitle", { number: item.number })}
        onClose={() => setOpen(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setOpen(false)}>
              {t("cancel")}
            </Button>
            <Button busy={again.busy} onClick={again.run}>
              {t("administration:deliveries.replay")}
            </Button>
          </>
        }
      >
        <p>
          {t(
            item.submission !== undefined
              ? "administration:fitConnect.replayText"
              : item.byMail === true
                ? "administration:mail.replayText"
                : "administration:deliveries.replayText",
          )}
        </p>
        {again.error !== undefined && <ErrorState error={again.error} />}
      </Dialog>
    </div>
  );
}
