import { useMemo } from "react";
import { encode } from "uqr";

const quiet = 4; // modules of white around the code, ISO/IEC 18004

/** A QR code as one path: always dark on white, so that cameras read it in dark colours too. */
export function QrCode({ text, label }: { text: string; label: string }) {
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
