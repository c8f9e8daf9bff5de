import { useEffect, useId, useRef, useState } from "react";
import { useWords } from "../../i18n";
import { formatBytes } from "../../lib/money";
import {
  isPhoto,
  paint,
  photoToHandIn,
  previewOf,
  shrunkSide,
  sizeOf,
  type PhotoPreview,
  type PhotoWish,
} from "../../lib/photo";
import { Button } from "../Button";
import { Dialog } from "../Dialog";
import { useAction } from "../useAction";
import { Declaration } from "./ChoiceFields";

/** What is known of each file by its place: null for a photo that this browser cannot show. */
type Previews = ReadonlyMap<number, PhotoPreview | null>;

/** Offers to turn and to shrink photos before they leave the device. Other files among them go along as they are. */
export function PhotoDialog({
  files,
  language,
  onReady,
  onClose,
}: {
  files: readonly File[];
  language: string;
  onReady: (files: File[]) => void;
  onClose: () => void;
}) {
  const t = useWords();
  const shrinkId = useId();
  const previews = usePreviews(files);
  const [turns, setTurns] = useState<ReadonlyMap<number, number>>(new Map());
  const [shrink, setShrink] = useState(false);
  const [said, setSaid] = useState("");
  const wishFor = (index: number): PhotoWish => ({ turns: turns.get(index) ?? 0, shrink });
  const large = [...previews.values()].some(
    (preview) => preview !== null && Math.max(preview.width, preview.height) > shrunkSide,
  );
  const handIn = useAction(async () => {
    const ready: File[] = [];
    for (const [index, file] of files.entries()) {
      // one after the other: each takes the memory of a whole picture
      ready.push(isPhoto(file) ? await photoToHandIn(file, wishFor(index)) : file);
    }
    onReady(ready);
  });
  const photos = [...files.entries()].filter(([, file]) => isPhoto(file));
  return (
    <Dialog
      open
      title={t("photo.title", { count: photos.length })}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button busy={handIn.busy} onClick={handIn.run}>
            {t("photo.upload")}
          </Button>
        </>
      }
    >
      <div className="pv-stack">
        <ul className="pv-photos">
          {photos.map(([index, file]) => (
            <PhotoItem
              key={index}
              file={file}
              preview={previews.get(index)}
              wish={wishFor(index)}
              language={language}
              onTurn={(by) => {
                const next = ((turns.get(index) ?? 0) + by + 4) % 4;
                setTurns(new Map(turns).set(index, next));
                setSaid(t("photo.turned", { name: file.name, degrees: next * 90 }));
              }}
            />
          ))}
        </ul>
        {large && (
          <Declaration
            id={shrinkId}
            label={t("photo.shrink", { side: shrunkSide.toLocaleString(language) })}
            hint={t("photo.shrinkHint")}
            checked={shrink}
            onChange={setShrink}
          />
        )}
        <p className="pv-small pv-muted">{t("photo.cameraData")}</p>
        <div>
          <Button
            variant="tertiary"
            small
            onClick={() => {
              setTurns(new Map());
              setShrink(false);
              setSaid(t("photo.isOriginal"));
            }}
          >
            {t("photo.original")}
          </Button>
        </div>
        <p className="pv-hidden" role="status">
          {said}
        </p>
      </div>
    </Dialog>
  );
}

/** Reads photos to look at, one after the other. */
function usePreviews(files: readonly File[]): Previews {
  const [previews, setPreviews] = useState<Previews>(new Map());
  useEffect(() => {
    let gone = false;
    void (async () => {
      for (const [index, file] of files.entries()) {
        if (gone) return;
        if (!isPhoto(file)) continue;
        const preview = (await previewOf(file)) ?? null;
        setPreviews((before) => new Map(before).set(index, preview));
      }
    })();
    return () => {
      gone = true;
    };
  }, [files]);
  return previews;
}

function PhotoItem({
  file,
  preview,
  wish,
  language,
  onTurn,
}: {
  file: File;
  /** null for one that cannot be shown; undefined while it is read. */
  preview: PhotoPreview | null | undefined;
  wish: PhotoWish;
  language: string;
  onTurn: (quarters: number) => void;
}) {
  const t = useWords();
  const size = preview && sizeOf(preview, wish);
  const points = (value: { width: number; height: number }) =>
    t("photo.points", {
      width: value.width.toLocaleString(language),
      height: value.height.toLocaleString(language),
    });
  return (
    <li>
      <div className="pv-photos__picture" aria-busy={preview === undefined}>
        {preview && (
          <Picture
            preview={preview}
            turns={wish.turns}
            label={t("photo.preview", { name: file.name, degrees: wish.turns * 90 })}
          />
        )}
      </div>
      <div className="pv-stack pv-stack--small">
        <p className="pv-files__name">
          {file.name} <span className="pv-muted pv-nowrap">({formatBytes(file.size, language)})</span>
          {preview && size && (
            <span className="pv-small pv-muted pv-photos__size">
              {wish.shrink && size.width * size.height < preview.width * preview.height
                ? t("photo.becomes", { before: points(preview), after: points(size) })
                : points(size)}
            </span>
          )}
        </p>
        {preview === null && <p className="pv-small pv-muted">{t("photo.notShown")}</p>}
        {preview && (
          <div className="pv-photos__turns">
            <Button variant="secondary" small onClick={() => onTurn(-1)}>
              {t("photo.left")} <span className="pv-hidden">{file.name}</span>
            </Button>
            <Button variant="secondary" small onClick={() => onTurn(1)}>
              {t("photo.right")} <span className="pv-hidden">{file.name}</span>
            </Button>
          </div>
        )}
      </div>
    </li>
  );
}

/** The preview is painted, since the policy of the pages lets no picture in that is not the portal's own. */
function Picture({ preview, turns, label }: { preview: PhotoPreview; turns: number; label: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height } = preview.picture;
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    [canvas.width, canvas.height] = turns % 2 === 0 ? [width, height] : [height, width];
    paint(canvas, preview.picture, turns);
  }, [preview, turns, width, height]);
  return <canvas ref={ref} role="img" aria-label={label} />;
}
