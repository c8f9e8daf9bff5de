/** A fingerprint of a key, as people read it out. */
export function Fingerprint({ children }: { children: string }) {
  return <code className="pv-break">{children}</code>;
}
