import { useWords } from "../../../i18n";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";

/** Where editors begin. */
export default function OverviewPage() {
  const t = useWords();
  return (
    <Page>
      <PageHeading title={t("editing:overview.title")} />
      <p className="pv-text">{t("editing:overview.text")}</p>
    </Page>
  );
}
