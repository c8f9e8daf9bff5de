import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { portalQuery } from "../../../api/portal";
import type { FromElsewhere } from "../../../forms/Uploads";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { formatBytes } from "../../../lib/money";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { Loading } from "../../../ui/Loading";
import { useAction } from "../../../ui/useAction";
import { attachFromSafe, safeQuery, type Application, type SafeDocument } from "../api";

/** Answers a file question with a document of the person's safe, which stays there until the application is submitted. */
export function SafeChoice({
  application,
  pointer,
  accept,
  label,
  onChosen,
}: FromElsewhere & { application: Application }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <div>
      <Button variant="secondary" small onClick={() => setOpen(true)}>
        {t("applications:safe.open")}
        <span className="pv-hidden">: {label}</span>
      </Button>
      {open && (
        <Choose
          application={application}
          pointer={pointer}
          accept={accept}
          onClose={close}
          onChosen={(file) => {
            onChosen(file);
            close();
          }}
        />
      )}
    </div>
  );
}

function Choose({
  application,
  pointer,
  accept,
  onClose,
  onChosen,
}: Omit<FromElsewhere, "label"> & { application: Application; onClose: () => void }) {
  const t = useWords();
  const language = currentLanguage();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const documents = useQuery(safeQuery);
  const [chosen, setChosen] = useState("");
  const [tried, setTried] = useState(false);
  const use = useAction(async () => onChosen(await attachFromSafe(application.id, chosen, pointer)));
  const fitting = (documents.data?.items ?? []).filter((document) => isTaken(document, accept));
  const some = fitting.length > 0;
  return (
    <Dialog
      open
      title={t("applications:safe.title")}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("common:cancel")}
          </Button>
          {some && (
            <Button
              busy={use.busy}
              onClick={() => {
                setTried(true);
                if (chosen !== "") use.run();
              }}
            >
              {t("applications:safe.use")}
            </Button>
          )}
        </>
      }
    >
      <div className="pv-stack pv-stack--medium">
        {documents.isPending && <Loading />}
        {documents.isError && <ErrorState error={documents.error} onRetry={() => void documents.refetch()} />}
        {documents.isSuccess && !some && <p>{t("applications:safe.empty")}</p>}
        {use.error !== undefined && <ErrorState error={use.error} />}
        {some && (
          <>
            <p>{t("applications:safe.text", { portal: portal.name, service: application.serviceTitle })}</p>
            <Radios
              id="safe-document"
              label={t("applications:safe.which")}
              error={tried && chosen === "" ? t("applications:safe.missing") : undefined}
              options={fitting.map((document) => ({
                value: document.id,
                label: (
                  <>
                    <span className="pv-files__name">{document.name}</span>
                    <br />
                    <span className="pv-small pv-muted">
                      {document.origin === undefined
                        ? t("applications:safe.own", {
                            when: formatDate(document.createdAt.slice(0, 10), language),
                          })
                        : t("applications:safe.from", {
                            sender: document.origin.sender,
                            when: formatDate(document.origin.at.slice(0, 10), language),
                          })}{" "}
                      · {formatBytes(document.size, language)}
                    </span>
                  </>
                ),
              }))}
              value={chosen}
              onChange={setChosen}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}

/** Whether a question takes files of the document's kind; without a list it takes all. */
function isTaken(document: SafeDocument, accept: readonly string[] | undefined): boolean {
  if (accept === undefined || accept.length === 0) return true;
  const extensions = {
    "application/pdf": [".pdf"],
    "image/jpeg": [".jpg", ".jpeg"],
    "image/png": [".png"],
  }[document.mediaType];
  return accept.some((kind) => {
    const wanted = kind.trim().toLowerCase();
    const family = wanted.endsWith("/*") ? wanted.slice(0, -1) : undefined;
    return (
      wanted === document.mediaType ||
      extensions.includes(wanted) ||
      (family !== undefined && document.mediaType.startsWith(family))
    );
  });
}
