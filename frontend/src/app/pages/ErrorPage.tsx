import { useQueryClient } from "@tanstack/react-query";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { useWords } from "../../i18n";
import { hasStatus } from "../../api/problem";
import { Alert } from "../../ui/Alert";
import { LinkButton } from "../../ui/Button";
import { ErrorState } from "../../ui/ErrorState";
import { SignInNeeded } from "../shells/SignInNeeded";

/** Stands in for a page that could not be shown. Must work even when the portal does not answer at all. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const t = useWords();
  const router = useRouter();
  const queryClient = useQueryClient();
  const title = hasStatus(error, 403) ? t("error.forbiddenTitle") : t("error.title");
  // A page only reads: what the portal calls a bad request then is an address that was mistyped.
  const isNowhere = hasStatus(error, 404) || hasStatus(error, 400);
  const hasOwnPage = hasStatus(error, 401) || isNowhere;
  useEffect(() => {
    if (!hasOwnPage) document.title = title;
  }, [title, hasOwnPage]);
  if (hasStatus(error, 401)) return <SignInNeeded />;
  if (isNowhere) return <NotFoundPage />;
  const retry = () => {
    void queryClient.resetQueries().catch(() => undefined);
    reset();
    void router.invalidate();
  };
  return (
    <div className="pv-page pv-main pv-stack">
      <h1>{title}</h1>
      <div className="pv-text">
        <ErrorState error={error} onRetry={retry} />
      </div>
    </div>
  );
}

/** As ErrorPage, for when not even the shell can be shown. */
export function RootErrorPage(props: ErrorComponentProps) {
  return (
    <main>
      <ErrorPage {...props} />
    </main>
  );
}

/** An address that leads nowhere. */
export function NotFoundPage() {
  const t = useWords();
  useEffect(() => {
    document.title = t("error.notFoundTitle");
  }, [t]);
  return (
    <div className="pv-page pv-main pv-stack">
      <h1 tabIndex={-1}>{t("error.notFoundTitle")}</h1>
      <div className="pv-text pv-stack">
        <Alert kind="info" level={0} title={t("error.notFoundText")} />
        <div>
          <LinkButton to="/" icon="home">
            {t("error.toStart")}
          </LinkButton>
        </div>
      </div>
    </div>
  );
}
