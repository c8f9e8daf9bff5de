import { useSuspenseQuery } from "@tanstack/react-query";
import { useWords } from "../../i18n";
import { portalQuery } from "../../api/portal";
import { TextPage } from "./TextPage";

/** Who is responsible for this portal, and whose data it shows. */
export default function ImprintPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  return (
    <TextPage
      title={t("pages:imprint.title")}
      sections={[
        {
          title: t("pages:imprint.responsible"),
          text: portal.demonstration
            ? t("pages:imprint.demonstration", { portal: portal.name })
            : t("pages:imprint.operator", { portal: portal.name }),
        },
        ...(portal.helpEmail === undefined
          ? []
          : [
              {
                title: t("pages:imprint.contact"),
                text: (
                  <p>
                    <a href={`mailto:${portal.helpEmail}`}>{portal.helpEmail}</a>
                  </p>
                ),
              },
            ]),
        { title: t("pages:imprint.data"), text: t("pages:imprint.dataText") },
        { title: t("pages:imprint.software"), text: t("pages:imprint.softwareText") },
      ]}
    />
  );
}
