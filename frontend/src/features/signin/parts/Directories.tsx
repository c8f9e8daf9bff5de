import type { Schemas } from "../../../api/client";
import { identityAddress } from "../../../api/identity";
import { useWords } from "../../../i18n";
import { AnchorButton } from "../../../ui/Button";

/** The way to the authority's own directory. */
export function Directories({
  directories,
  returnTo,
}: {
  directories: Schemas["Directory"][];
  returnTo: string;
}) {
  const t = useWords();
  return (
    <section className="pv-stack" aria-labelledby="directories">
      <h2 id="directories">{t("signin:staff.directory")}</h2>
      <p>{t("signin:staff.directoryText")}</p>
      <div className="pv-actions">
        {directories.map(({ id, name }) => (
          <AnchorButton key={id} icon="arrow-forward" href={identityAddress(id, { returnTo })}>
            {t("signin:staff.goTo", { directory: name })}
          </AnchorButton>
        ))}
      </div>
    </section>
  );
}
