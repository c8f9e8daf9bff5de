import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useWords } from "../../../i18n";
import { classes } from "../../../lib/classes";
import { useStatus } from "../../../ui/Status";
import { toggleFavourite, useFavourites, type Favourite } from "../favourites";

/** Keeps a service on this device or lets it go; the latter can be taken back. */
export function FavouriteButton({ service }: { service: Favourite }) {
  const t = useWords();
  const status = useStatus();
  const router = useRouter();
  // The list must open without a connection, too.
  useEffect(() => void router.preloadRoute({ to: "/merkliste" }), [router]);
  const kept = useFavourites().some((favourite) => favourite.id === service.id);
  const toggle = () => {
    const undo = toggleFavourite(service);
    if (kept) status(t("catalog:favourites.removed"), { label: t("undo"), run: undo });
    else status(t("catalog:favourites.kept"));
  };
  return (
    <button type="button" className="pv-tool pv-no-print" onClick={toggle}>
      <Star filled={kept} />
      <span>
        {t(kept ? "catalog:favourites.remove" : "catalog:favourites.keep")}
        <span className="pv-hidden">: {service.title}</span>
      </span>
    </button>
  );
}

/** Decorative, as icons are. */
export function Star({ filled = false }: { filled?: boolean }) {
  return (
    <svg className={classes("pv-star", filled && "pv-star--filled")} viewBox="0 0 24 24" aria-hidden>
      <path d="m12 3.500 2.700 5.500 6 .9-4.350 4.200 1 6L12 17.300 6.650 20.100l1-6L3.300 9.900l6-.9z" />
    </svg>
  );
}
