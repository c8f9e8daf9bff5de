import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { useAction } from "../../../ui/useAction";
import { readDocument, type SafeDocument } from "../api";

/** Shows a picture, as a data URL: the pages may load pictures from nowhere else. */
export function DocumentPreview({ document }: { document: SafeDocument }) {
  const t = useWords();
  const [picture, setPicture] = useState<string>();
  const show = useAction(async () => setPicture(await asDataURL(await readDocument(document.id), document)));
  const close = () => setPicture(undefined);
  return (
    <>
      <Button variant="secondary" small icon="search" busy={show.busy} onClick={show.run}>
        {t("account:documents.preview")}
        <span className="pv-hidden">: {document.name}</span>
      </Button>
      {show.error !== undefined && <ErrorState error={show.error} />}
      {picture !== undefined && (
        <Dialog
          open
          title={document.name}
          onClose={close}
          actions={<Button onClick={close}>{t("close")}</Button>}
        >
          <img className="pv-preview" src={picture} alt={document.name} />
        </Dialog>
      )}
    </>
  );
}

function asDataURL(file: Blob, document: SafeDocument): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(reader.error ?? new Error("not readable")));
    reader.readAsDataURL(new Blob([file], { type: document.mediaType }));
  });
}
