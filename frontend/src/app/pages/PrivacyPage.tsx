import { useSuspenseQuery } from "@tanstack/react-query";
import { useWords } from "../../i18n";
import { homeNames } from "../../api/homes";
import { portalQuery } from "../../api/portal";
import { sessionQuery } from "../../api/session";
import { TextPage } from "./TextPage";

/** What happens to personal data, in plain words. */
export default function PrivacyPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const names = { portal: portal.name, home: homeNames(portal, session) };
  return (
    <TextPage
      title={t("pages:privacy.title")}
      intro={t("pages:privacy.intro", names)}
      sections={[
        { title: t("pages:privacy.visit"), text: t("pages:privacy.visitText") },
        { title: t("pages:privacy.account"), text: t("pages:privacy.accountText", names) },
        { title: t("pages:privacy.application"), text: t("pages:privacy.applicationText", names) },
        { title: t("pages:privacy.device"), text: t("pages:privacy.deviceText") },
        { title: t("pages:privacy.rights"), text: t("pages:privacy.rightsText", names) },
      ]}
    />
  );
}
