import { useMemo, useState } from "react";
import { encode } from "uqr";
import type { Schemas } from "../../../api/client";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { useFormErrors } from "../../../ui/useFormErrors";
import { confirmOneTimeCodes } from "../api";
import { useChange } from "./useChange";

/** The secret for the app, as a picture and to type, and the first code. */
export function CodeSetup({
  setup,
  onConfirmed,
  onClose,
}: {
  setup: Schemas["OneTimeCodeSetup"];
  onConfirmed: (recovery: string[]) => void;
  onClose: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [code, setCode] = useState("");
  const confirm = useChange(async () => {
    try {
      onConfirmed((await confirmOneTimeCodes(code.replaceAll(" ", ""))).codes);
    } catch (problem) {
      if (!errors.showProblem(problem, ["code"])) throw problem;
      return "";
    }
    return t("account:security.codes.confirmed");
  });
  return (
    <form
      className="pv-stack pv-panel"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const complete = /^\d{6}$/.test(code.replaceAll(" ", ""));
        const missing = complete
          ? []
          : [{ fieldId: "code", message: t("account:security.codes.codeMissing") }];
        if (errors.show(missing)) confirm.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {confirm.error !== undefined && <ErrorState error={confirm.error} />}
      <p>{t("account:security.codes.setUpText")}</p>
      <QRCode text={setup.uri} label={t("account:security.codes.qr")} />
      <p>
        {t("account:security.codes.typed")}
        <br />
        <code className="pv-hash">{setup.secret.replaceAll(/(.{4})(?=.)/g, "$1 ")}</code>
      </p>
      <TextField
        id="code"
        label={t("account:security.codes.code")}
        hint={t("account:security.codes.codeHint")}
        error={errors.of("code")}
        value={code}
        onChange={setCode}
        width="short"
        input={{ inputMode: "numeric", autoComplete: "one-time-code" }}
      />
      <div className="pv-actions">
        <Button type="submit" busy={confirm.busy}>
          {t("account:security.codes.confirm")}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          {t("account:security.cancel")}
        </Button>
      </div>
    </form>
  );
}

const quiet = 4; // modules of white around the code, ISO/IEC 18004

/** A QR code as one path: always dark on white, so that cameras read it in dark colours too. */
function QRCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const { data } = encode(text, { border: quiet, ecc: "M" });
    const modules = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
    return { size: data.length, path: modules.join("") };
  }, [text]);
  return (
    <svg
      className="pv-qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
