import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { registerQuery } from "../api";
import { usePlace } from "../place";

const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0-9"];

/** All services by the first letter of their names: the letters, or what stands under one of them. */
export default function RegisterPage() {
  const t = useWords();
  const { letter: asked } = useParams({ strict: false });
  const letter = alphabet.find((known) => known === asked?.toUpperCase());
  const register = useInfiniteQuery(registerQuery(letter));
  const first = register.data?.pages[0];
  const title = letter === undefined ? t("catalog:register.title") : t("catalog:register.letter", { letter });
  return (
    <Page>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          ...(letter === undefined
            ? []
            : [{ id: "all", link: <Link to="/a-z">{t("catalog:register.title")}</Link> }]),
          { id: "this", link: letter ?? title },
        ]}
      />
      <PageHeading key={title} title={title} />
      {register.isPending && <Loading />}
      {register.isError && <ErrorState error={register.error} onRetry={() => void register.refetch()} />}
      {first && <Letters letters={first.letters} current={letter} />}
      {first && letter === undefined && (
        <p className="pv-text">{t("catalog:register.lead", { count: first.total })}</p>
      )}
      {first && letter !== undefined && (
        <>
          <p role="status" className="pv-strong">
            {t("catalog:register.count", { count: first.total })}
          </p>
          <Services items={register.data?.pages.flatMap((page) => page.items) ?? []} />
          {register.hasNextPage && (
            <div>
              <LoadMore busy={register.isFetchingNextPage} onClick={() => void register.fetchNextPage()} />
            </div>
          )}
        </>
      )}
    </Page>
  );
}

function Letters({
  letters,
  current,
}: {
  letters: Schemas["RegisterLetter"][];
  current: string | undefined;
}) {
  const t = useWords();
  const counts = new Map(letters.map(({ letter, services }) => [letter, services]));
  return (
    <nav aria-label={t("catalog:register.letters")}>
      <ul className="pv-letters">
        {alphabet.map((letter) => {
          const count = counts.get(letter);
          return (
            <li key={letter}>
              {count === undefined ? (
                <span className="pv-letters__none">{letter}</span>
              ) : (
                <Link
                  to="/a-z/$letter"
                  params={{ letter: letter.toLowerCase() }}
                  aria-current={letter === current ? "page" : undefined}
                  aria-label={`${letter}, ${t("catalog:start.serviceCount", { count })}`}
                >
                  <span>{letter}</span>
                  <span className="pv-letters__count">{count}</span>
                </Link>
              )}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Services({ items }: { items: Schemas["RegisterItem"][] }) {
  const place = usePlace();
  return (
    <ul className="pv-register">
      {items.map((item) => (
        <li key={item.id}>
          <Link
            to="/leistungen/$serviceId"
            params={{ serviceId: item.id }}
            search={place ? { ars: place.ars } : {}}
          >
            {item.title}
          </Link>
        </li>
      ))}
    </ul>
  );
}
