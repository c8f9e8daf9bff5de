import { useSuspenseQuery } from "@tanstack/react-query";
import { useWords } from "../../../i18n";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { mailStateQuery } from "../api";

/** Whether mails go out, and how many come back. */
export default function MailPage() {
  const t = useWords();
  const { data } = useSuspenseQuery(mailStateQuery);
  return (
    <Page narrow>
      <PageHeading title={t("administration:mailState.title")} />
      <p>{t("administration:mailState.lead")}</p>
      <Facts
        items={[
          {
            id: "server",
            label: t("administration:mailState.server"),
            value: t(data.sends ? "administration:mailState.sends" : "administration:mailState.sendsNot"),
          },
          {
            id: "returns",
            label: t("administration:mailState.returns"),
            value: t(
              data.takesReturns ? "administration:mailState.takes" : "administration:mailState.takesNot",
            ),
          },
          {
            id: "returned",
            label: t("administration:mailState.returned"),
            value: t("administration:mailState.returnedCount", { count: data.returned }),
          },
          {
            id: "stopped",
            label: t("administration:mailState.stopped"),
            value: t("administration:mailState.stoppedCount", { count: data.stopped }),
          },
        ]}
      />
    </Page>
  );
}
