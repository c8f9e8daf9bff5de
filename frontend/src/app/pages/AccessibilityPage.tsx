import { useSuspenseQuery } from "@tanstack/react-query";
import { useWords } from "../../i18n";
import { portalQuery } from "../../api/portal";
import { TextPage } from "./TextPage";

/** How accessible this portal is, what is known to be missing, and where to say that something does not work. */
export default function AccessibilityPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  return (
    <TextPage
      title={t("pages:accessibility.title")}
      intro={t("pages:accessibility.intro", { portal: portal.name })}
      sections={[
        { title: t("pages:accessibility.state"), text: t("pages:accessibility.stateText") },
        { title: t("pages:accessibility.missing"), text: t("pages:accessibility.missingText") },
        {
          title: t("pages:accessibility.feedback"),
          text:
            portal.helpEmail === undefined ? (
              t("pages:accessibility.feedbackText")
            ) : (
              <p>
                {t("pages:accessibility.feedbackText")}{" "}
                <a href={`mailto:${portal.helpEmail}`}>{portal.helpEmail}</a>
              </p>
            ),
        },
        { title: t("pages:accessibility.enforcement"), text: t("pages:accessibility.enforcementText") },
      ]}
    />
  );
}
