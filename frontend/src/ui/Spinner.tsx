/** A turning circle beside the words that say what is going on. */
export function Spinner() {
  return <span className="pv-spinner" aria-hidden />;
}
