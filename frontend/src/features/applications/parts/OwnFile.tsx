import { useWords } from "../../../i18n";
import { attachmentAddress, type Application, type Attachment } from "../api";

/** A file that was handed in: to be downloaded where the portal still has it and nothing is against it. */
export function OwnFile({ application, file }: { application: Application; file: Attachment }) {
  const t = useWords();
  if (file.check === "refused") return <>{t("applications:page.harmful", { name: file.name })}</>;
  if (application.coApplicant !== undefined) return <>{file.name}</>;
  if (file.check === "pending") return <>{`${file.name} (${t("common:file.checking")})`}</>;
  if (file.available === false) return <>{file.name}</>;
  return (
    <a href={attachmentAddress(application.id, file.id)} download>
      {file.name}
    </a>
  );
}
